package tasklog

import (
	"context"
	"encoding/json"
)

// Detailed presents tasks with all that is known of them, as the REST API and the command line show them: beside the entity's
// own keys category, hasFile, rawStatus, queue, owner, parentId and parameters. A key whose column was deselected
// or is empty is left out, and so is hasFile if files is nil, which means that nobody can tell.
func Detailed(files FileChecker) Presenter {
	hasFile := func(context.Context, Entity) (string, any, bool, error) { return "", nil, false, nil }
	if files != nil {
		hasFile = WithHasFile(files)
	}
	return Presenter{Decorators: []Decorator{
		withText("category", func(e Entity) string { return string(e.Category) }),
		hasFile,
		withText("rawStatus", func(e Entity) string { return string(e.Status) }),
		withText("queue", func(e Entity) string { return e.Queue }),
		withText("owner", func(e Entity) string { return e.Owner }),
		withText("parentId", func(e Entity) string { return string(e.ParentID) }),
		func(_ context.Context, e Entity) (string, any, bool, error) {
			// In lists the log has only the beginning of long parameters, which is not JSON any more.
			raw := json.RawMessage(e.Parameters)
			return "parameters", raw, json.Valid(raw), nil
		},
	}}
}

// withText adds a key unless its text is empty.
func withText(key string, value func(Entity) string) Decorator {
	return func(_ context.Context, e Entity) (string, any, bool, error) {
		return key, value(e), value(e) != "", nil
	}
}
