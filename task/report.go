package task

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ReportType says how what a report tells turned out.
type ReportType string

// The report types.
const (
	TypeInfo    ReportType = "info"
	TypeSuccess ReportType = "success"
	TypeWarning ReportType = "warning"
	TypeError   ReportType = "error"
)

// Valid reports whether t is one of the report types.
func (t ReportType) Valid() bool {
	return slices.Contains([]ReportType{TypeInfo, TypeSuccess, TypeWarning, TypeError}, t)
}

// Report is what a task says about its own run: a message, perhaps data, and a tree of further reports.
type Report struct {
	Type    ReportType `json:"type"`
	Message string     `json:"message"`
	// Data is any JSON value. In a success report a string names a file that the task left (see FileName),
	// and an object may hold "uriResource", the resource that it made.
	Data     any      `json:"data"`
	Children []Report `json:"children"`
	// InterpolationMessage and InterpolationData let a front end translate the message:
	// a template and the values for its placeholders.
	InterpolationMessage string         `json:"interpolationMessage,omitempty"`
	InterpolationData    map[string]any `json:"interpolationData,omitempty"`
}

// Info returns a report of type info; the message is formatted as by fmt.Sprintf.
func Info(format string, args ...any) Report { return newReport(TypeInfo, format, args) }

// Success returns a report of type success; the message is formatted as by fmt.Sprintf.
func Success(format string, args ...any) Report { return newReport(TypeSuccess, format, args) }

// Warning returns a report of type warning, which does not fail the task.
func Warning(format string, args ...any) Report { return newReport(TypeWarning, format, args) }

// Error returns a report of type error, which fails the task wherever in the tree it stands.
func Error(format string, args ...any) Report { return newReport(TypeError, format, args) }

func newReport(t ReportType, format string, args []any) Report {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return Report{Type: t, Message: message, Children: []Report{}}
}

// WithData returns the report with the given data.
func (r Report) WithData(data any) Report {
	r.Data = data
	return r
}

// Add returns the report with the given reports added to its children.
func (r Report) Add(children ...Report) Report {
	r.Children = append(slices.Clone(r.Children), children...)
	return r
}

// Contains reports whether any descendant, not the report itself, has the type.
func (r Report) Contains(t ReportType) bool {
	return slices.ContainsFunc(r.Children, func(c Report) bool { return c.Type == t || c.Contains(t) })
}

// Failed reports whether the report or any descendant is an error.
func (r Report) Failed() bool { return r.Type == TypeError || r.Contains(TypeError) }

// Status returns what the report makes of the task: failed or completed.
func (r Report) Status() Status {
	if r.Failed() {
		return Failed
	}
	return Completed
}

// IsZero reports whether the action has reported nothing.
func (r Report) IsZero() bool {
	return r.Type == "" && r.Message == "" && r.Data == nil && len(r.Children) == 0
}

// Validate checks that every report of the tree has a valid type.
func (r Report) Validate() error {
	if !r.Type.Valid() {
		return fmt.Errorf("report type %q is not valid; valid are info, success, warning and error", r.Type)
	}
	for _, c := range r.Children {
		if err := c.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Messages returns the messages of the tree, parents before their children.
func (r Report) Messages() []string {
	all := []string{r.Message}
	for _, c := range r.Children {
		all = append(all, c.Messages()...)
	}
	return all
}

// String returns the tree, one message a line, children indented by two spaces.
func (r Report) String() string {
	var b strings.Builder
	r.write(&b, "")
	return strings.TrimSuffix(b.String(), "\n")
}

func (r Report) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s%s: %s\n", indent, r.Type, r.Message)
	for _, c := range r.Children {
		c.write(b, indent+"  ")
	}
}

// FileName returns the file that the task left, "" if there is none: the first string data
// among the report's direct success children, else the last "uriResource" of those before it.
// A failed report has no file.
func (r Report) FileName() string {
	if r.Failed() {
		return ""
	}
	name := ""
	for _, c := range r.Children {
		if c.Type != TypeSuccess {
			continue
		}
		if s, ok := c.Data.(string); ok && s != "" {
			return s
		}
		if uri := resourceURI(c.Data); uri != "" {
			name = uri
		}
	}
	return name
}

// ResourceURI returns the resource that the task made: the first "uriResource"
// among the data of all success descendants, "" if there is none.
func (r Report) ResourceURI() string {
	for _, c := range r.Children {
		if c.Type == TypeSuccess {
			if uri := resourceURI(c.Data); uri != "" {
				return uri
			}
		}
		if uri := c.ResourceURI(); uri != "" {
			return uri
		}
	}
	return ""
}

func resourceURI(data any) string {
	m, ok := data.(map[string]any)
	if !ok {
		return ""
	}
	uri, _ := m["uriResource"].(string)
	return uri
}

// MarshalJSON writes children as [] when there are none.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	if r.Children == nil {
		r.Children = []Report{}
	}
	return json.Marshal(plain(r))
}
