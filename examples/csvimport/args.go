package csvimport

import (
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Name is the name of the action.
const Name = "csv.import"

// Args are the parameters of the action: either a file or the sample.
type Args struct {
	File   string `json:"file,omitempty"`   // path below the import directory
	Sample bool   `json:"sample,omitempty"` // import the sample that the package holds
}

// Action implements activities.Args.
func (Args) Action() string { return Name }

// Category implements activities.Categoriser.
func (Args) Category() task.Category { return task.CategoryImport }

func (a Args) validate() error {
	if a.Sample == (a.File != "") {
		return invalid(`must have either "file", the path of a file to import, or "sample": true`)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &task.InvalidError{Field: "parameters", Reason: fmt.Sprintf(format, args...)}
}
