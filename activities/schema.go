package activities

import (
	"encoding/json"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"
)

// schemaOf returns the JSON schema of the type, nil if it has none: a type that contains itself, or decodes itself in its own way.
func schemaOf[P any]() json.RawMessage {
	schema, err := jsonschema.For[P](&jsonschema.ForOptions{
		TypeSchemas: map[reflect.Type]*jsonschema.Schema{reflect.TypeFor[json.RawMessage](): {}}, // any JSON
	})
	if err != nil {
		return nil // the action works without
	}
	encoded, err := json.Marshal(schema)
	if err != nil {
		return nil
	}
	return encoded
}
