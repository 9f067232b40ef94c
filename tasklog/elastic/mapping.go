package elastic

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
)

// fieldTypes are the types of fields that Temporal gives to search attributes, in the words of Elasticsearch.
var fieldTypes = map[enumspb.IndexedValueType]string{
	enumspb.INDEXED_VALUE_TYPE_KEYWORD:      "keyword",
	enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST: "keyword",
	enumspb.INDEXED_VALUE_TYPE_TEXT:         "text",
	enumspb.INDEXED_VALUE_TYPE_BOOL:         "boolean",
	enumspb.INDEXED_VALUE_TYPE_DATETIME:     "date_nanos",
	enumspb.INDEXED_VALUE_TYPE_INT:          "long",
	enumspb.INDEXED_VALUE_TYPE_DOUBLE:       scaledFloat,
}

// taskFields are the fields of the tasks' search attributes, as the mapping of an index has them.
func taskFields() map[string]field {
	fields := map[string]field{}
	for name, kind := range attribute.Types() {
		fields[name] = field{Type: fieldTypes[kind]}
	}
	return fields
}

// field is a field of a mapping.
type field struct {
	Type string `json:"type"`
}

// MappingError says that the index cannot be searched for tasks.
type MappingError struct {
	Index   string   // and where it is
	Missing []string // fields that it lacks
	Wrong   []WrongField
}

// WrongField is a field that has another type than it must have.
type WrongField struct{ Name, Have, Want string }

func (e *MappingError) Error() string {
	var parts []string
	if len(e.Missing) > 0 {
		parts = append(parts, fmt.Sprintf("lacks the fields %s: run `taskctl init`", strings.Join(e.Missing, ", ")))
	}
	for _, w := range e.Wrong {
		parts = append(parts, fmt.Sprintf("has the field %s with the type %q, which must be %q: the index was not made from Temporal's "+
			"template; make a new one with `taskctl init` and reindex into it", w.Name, w.Have, w.Want))
	}
	return fmt.Sprintf("the index %s %s", e.Index, strings.Join(parts, "; it "))
}

// checkMapping compares the index with what tasks need: a *MissingIndexError, a *MappingError, or nil.
func (t *transport) checkMapping(ctx context.Context) error {
	var indices map[string]struct {
		Mappings struct{ Properties map[string]field }
	}
	path := "/" + url.PathEscape(t.connection.Index) + "/_mapping"
	if err := t.send(ctx, http.MethodGet, path, nil, &indices); err != nil {
		return err
	}
	wrong := &MappingError{Index: t.connection.name()}
	for _, index := range indices { // several, if it is an alias
		for name, want := range taskFields() {
			switch have, ok := index.Mappings.Properties[name]; {
			case !ok:
				wrong.Missing = append(wrong.Missing, name)
			case have != want:
				wrong.Wrong = append(wrong.Wrong, WrongField{Name: name, Have: cmp.Or(have.Type, "object"), Want: want.Type})
			}
		}
	}
	if len(wrong.Missing) == 0 && len(wrong.Wrong) == 0 {
		return nil
	}
	slices.Sort(wrong.Missing)
	wrong.Missing = slices.Compact(wrong.Missing)
	slices.SortFunc(wrong.Wrong, func(a, b WrongField) int { return cmp.Compare(a.Name, b.Name) })
	return wrong
}

// checkEvery is how often the mapping is looked at: somebody may delete the index, and Temporal then makes one without it.
const checkEvery = time.Minute

// ready checks the mapping now and then: without it Elasticsearch would find nothing and say nothing.
func (e *Engine) ready(ctx context.Context) error {
	if at := e.checked.Load(); at != nil && time.Since(*at) < checkEvery {
		return nil
	}
	now := time.Now()
	if err := e.transport.checkMapping(ctx); err != nil {
		return err
	}
	e.checked.Store(&now)
	return nil
}

// Check says whether the index is there and can be searched. The error is a *tasklog.UnavailableError, a *MissingIndexError, a
// *MappingError or an *UnusableError.
func (e *Engine) Check(ctx context.Context) error { return e.transport.checkMapping(ctx) }
