package tasklog

import "fmt"

// FilterError says which input of a filter is wrong, and what would be right.
type FilterError struct {
	Field  string // the column, or the setting: "limit", "sortOrder"
	Reason string // continues the sentence `filter: "<field>" …`
}

func (e *FilterError) Error() string { return fmt.Sprintf("filter: %q %s", e.Field, e.Reason) }

func filterErrorf(field, format string, args ...any) error {
	return &FilterError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
