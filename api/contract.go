package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed openapi.yaml
var document []byte

// documentURL is only a name, for the schema compiler.
const documentURL = "openapi.yaml"

// contract is the OpenAPI document in the form in which requests are checked against it. Its schemas are
// compiled once; kin-openapi's own validator would compile them anew for every request.
type contract struct {
	operations map[string]*operation // by id
	raw        any                   // the document as JSON, to look schemas up
}

// operation is what the document says about the requests of one operation.
type operation struct {
	id         string
	method     string
	path       string // as in the document: /tasks/{id}
	parameters map[string]*parameter
	body       *jsonschema.Schema // nil: takes no body
	// bodyOptional says that a request may come without a body.
	bodyOptional bool
}

// parameter is a parameter of an operation.
type parameter struct {
	name   string
	in     string // as OpenAPI has it: "path", "query" or "header"
	kind   string // the schema's type: "string", "integer", "boolean" or "array" (of strings)
	deep   bool   // an object, whose values have names of their own: filtercolumns[status]
	schema *jsonschema.Schema
}

// loadContract reads the embedded document. It is the same for every server of the process.
var loadContract = sync.OnceValues(func() (*contract, error) {
	c, err := newContract(document)
	if err != nil {
		return nil, fmt.Errorf("api: read openapi.yaml: %w", err)
	}
	return c, nil
})

func newContract(data []byte) (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	encoded, err := doc.MarshalJSON()
	if err != nil {
		return nil, err
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(documentURL, raw); err != nil {
		return nil, err
	}
	c := &contract{operations: make(map[string]*operation), raw: raw}
	for path, item := range doc.Paths.Map() {
		for method, described := range item.Operations() {
			o := &operation{id: described.OperationID, method: method, path: path, parameters: make(map[string]*parameter)}
			if err := o.compile(compiler, item, described); err != nil {
				return nil, fmt.Errorf("operation %q: %w", o.id, err)
			}
			c.operations[o.id] = o
		}
	}
	return c, nil
}

func (o *operation) compile(compiler *jsonschema.Compiler, item *openapi3.PathItem, described *openapi3.Operation) error {
	for _, ref := range slices.Concat(item.Parameters, described.Parameters) {
		p := &parameter{name: ref.Value.Name, in: ref.Value.In, kind: "string", deep: ref.Value.Style == openapi3.SerializationDeepObject}
		if types := ref.Value.Schema.Value.Type; types != nil && len(*types) == 1 {
			p.kind = (*types)[0]
		}
		encoded, err := ref.Value.Schema.Value.MarshalJSON()
		if err != nil {
			return err
		}
		if p.schema, err = compileParameter(compiler, o.id+"/"+p.name, encoded); err != nil {
			return fmt.Errorf("parameter %q: %w", p.name, err)
		}
		o.parameters[p.name] = p
	}
	if described.RequestBody == nil {
		return nil
	}
	o.bodyOptional = !described.RequestBody.Value.Required
	location := pointer("paths", o.path, strings.ToLower(o.method), "requestBody", "content", "application/json", "schema")
	var err error
	if o.body, err = compiler.Compile(documentURL + "#" + location); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// compileParameter compiles a parameter's schema. It is taken out of the document, since a parameter may itself stand behind a
// reference; what the schema refers to is still there.
func compileParameter(compiler *jsonschema.Compiler, name string, encoded []byte) (*jsonschema.Schema, error) {
	encoded = bytes.ReplaceAll(encoded, []byte(`"$ref":"#/`), []byte(`"$ref":"../../`+documentURL+`#/`))
	var schema any
	if err := json.Unmarshal(encoded, &schema); err != nil {
		return nil, err
	}
	location := "parameters/" + name + ".json"
	if err := compiler.AddResource(location, schema); err != nil {
		return nil, err
	}
	return compiler.Compile(location)
}

// queryNames returns the names of the operation's query parameters, sorted.
func (o *operation) queryNames() []string {
	var names []string
	for name, p := range o.parameters {
		if p.in == openapi3.ParameterInQuery {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// propertiesOf returns the names that the object schema at a location knows, sorted.
func (c *contract) propertiesOf(schemaURL string) []string {
	_, fragment, _ := strings.Cut(schemaURL, "#")
	object, _ := lookup(c.raw, fragment).(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// descriptionOf returns the description of the schema that this is a part of, "" if it has none.
func (c *contract) descriptionOf(schemaURL string) string {
	_, fragment, _ := strings.Cut(schemaURL, "#")
	for fragment != "" {
		part, _ := lookup(c.raw, fragment).(map[string]any)
		if description, ok := part["description"].(string); ok {
			return description
		}
		fragment = fragment[:strings.LastIndexByte(fragment, '/')]
	}
	return ""
}

var (
	escapePointer   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
)

// pointer returns the JSON pointer (RFC 6901) of these steps, as it stands in a URL's fragment.
func pointer(steps ...string) string {
	var b strings.Builder
	for _, step := range steps {
		b.WriteString("/")
		step = escapePointer.Replace(step)
		b.WriteString(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(step))
	}
	return b.String()
}

// lookup returns what a JSON pointer leads to in value, nil if there is nothing.
func lookup(value any, pointer string) any {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		step = unescapePointer.Replace(step)
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}
