package tao

import (
	_ "embed"
	"slices"
)

// DocumentPath is where a server has the OpenAPI document of the endpoints.
const DocumentPath = "/openapi-tao.yaml"

//go:embed tao.yaml
var document []byte

// Document returns the OpenAPI document of the endpoints.
func Document() []byte { return slices.Clone(document) }
