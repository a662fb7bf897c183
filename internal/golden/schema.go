package golden

import (
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Valid fails tb when a JSON text does not fit the JSON schema at path.
func Valid[Text ~string | ~[]byte](tb testing.TB, path string, text Text) {
	tb.Helper()
	if err := Fits(path, text); err != nil {
		tb.Errorf("%#v\n%s", err, text)
	}
}

// Fits says why a JSON text does not fit the JSON schema at path; nil when it does.
func Fits[Text ~string | ~[]byte](path string, text Text) error {
	schema, err := jsonschema.Compile(path)
	if err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return schema.Validate(value)
}
