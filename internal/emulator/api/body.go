package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// invalid refuses one field.
func invalid(field, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Body: map[string][]string{field: {message}}}
}

// noSuch refuses the id of something that is not there, or not the caller's.
func noSuch(field, id string) *Error {
	return invalid(field, fmt.Sprintf("Invalid pk %q - object does not exist.", id))
}

// payload returns the body as JSON, whatever it holds. A form counts as an object of strings, as Django REST Framework
// takes it.
func payload(r *Request) (json.RawMessage, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
	case kind == "application/json":
		return jsonBody(r)
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(r.JSON))
		if err != nil {
			return nil, Refuse(http.StatusBadRequest, "Form parse error - %v", err)
		}
		return formBody(values)
	case kind == "multipart/form-data":
		if err := r.ParseMultipartForm(maxForm); err != nil {
			return nil, broken(err)
		}
		return formBody(r.MultipartForm.Value)
	}
	return nil, Refuse(http.StatusUnsupportedMediaType, "Unsupported media type %q in request.", r.Header.Get("Content-Type"))
}

const maxForm = 1 << 20 // the rest of a form goes to disk

func jsonBody(r *Request) (json.RawMessage, error) {
	if len(r.JSON) == 0 {
		return json.RawMessage("{}"), nil
	}
	var value json.RawMessage
	if err := json.Unmarshal(r.JSON, &value); err != nil {
		return nil, Refuse(http.StatusBadRequest, "JSON parse error - %v", err)
	}
	return r.JSON, nil
}

// formBody takes the last of several values.
func formBody(values map[string][]string) (json.RawMessage, error) {
	object := map[string]string{}
	for name, list := range values {
		object[name] = list[len(list)-1]
	}
	return json.Marshal(object)
}

func decode(r *Request, into any) error {
	body, err := payload(r)
	if err != nil {
		return err
	}
	err = json.Unmarshal(body, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return invalid(wrong.Field, "Not a valid value.")
	}
	if err != nil {
		return &Error{Status: http.StatusBadRequest, Body: map[string][]string{"non_field_errors": {"Invalid data. Expected a dictionary."}}}
	}
	return nil
}

// wholeNumber takes a number also as a string or with an empty fraction, as Django REST Framework does.
type wholeNumber int

// UnmarshalJSON tells of anything else as of a value of another type.
func (n *wholeNumber) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseFloat(strings.Trim(string(text), `" `), 64)
	if err != nil || value != float64(int32(value)) {
		return &json.UnmarshalTypeError{Value: string(text), Type: reflect.TypeFor[int]()}
	}
	*n = wholeNumber(value)
	return nil
}
