package api

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
)

// invalid refuses one field.
func invalid(field, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Body: map[string][]string{field: {message}}}
}

// readable checks that the body is JSON at all, whatever it holds.
func readable(r *Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return Refuse(http.StatusUnsupportedMediaType, "Unsupported media type %q in request.", r.Header.Get("Content-Type"))
	}
	var value json.RawMessage
	if err := json.Unmarshal(r.JSON, &value); err != nil {
		return Refuse(http.StatusBadRequest, "JSON parse error - %v", err)
	}
	return nil
}

func decode(r *Request, into any) error {
	if err := readable(r); err != nil {
		return err
	}
	err := json.Unmarshal(r.JSON, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return invalid(wrong.Field, "Not a valid value.")
	}
	if err != nil {
		return &Error{Status: http.StatusBadRequest, Body: map[string][]string{"non_field_errors": {"Invalid data. Expected a dictionary."}}}
	}
	return nil
}
