package elastic

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// temporalTemplate is Temporal's own template of its visibility index: schema/elasticsearch/visibility in go.temporal.io/server v1.32.1,
// under the MIT licence. A test of the standalone compares it with the server's.
//
//go:embed temporal_template.json
var temporalTemplate []byte

// template is what an index is made from.
type template struct {
	Settings object  `json:"settings"`
	Mappings mapping `json:"mappings"`
}

type mapping struct {
	Dynamic    string            `json:"dynamic,omitempty"`
	Properties map[string]object `json:"properties"`
}

// scaledFloat is the type of numbers with a fraction. Elasticsearch has it in a module, which some builds are without.
const (
	scaledFloat   = "scaled_float"
	scalingFactor = 10_000 // as Temporal has it
)

func (m mapping) add(name, fieldType string) {
	m.Properties[name] = object{"type": fieldType}
	if fieldType == scaledFloat {
		m.Properties[name]["scaling_factor"] = scalingFactor
	}
}

func lacksScaledFloat(err error) bool {
	answer, ok := errors.AsType[*AnswerError](err)
	return ok && strings.Contains(answer.Reason, "type ["+scaledFloat+"]")
}

// replaceScaledFloat replaces the type by one that every server has. It takes more room, and finds the same.
func (m mapping) replaceScaledFloat() {
	for name, f := range m.Properties {
		if f["type"] == scaledFloat {
			m.Properties[name] = object{"type": "double"}
		}
	}
}

// TemporalTemplate returns Temporal's template, as JSON.
func TemporalTemplate() []byte { return append([]byte(nil), temporalTemplate...) }

func readTemplate() (template, error) {
	var t template
	if err := json.Unmarshal(temporalTemplate, &t); err != nil {
		return template{}, fmt.Errorf("read Temporal's index template: %w", err)
	}
	return t, nil
}
