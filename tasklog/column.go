package tasklog

import (
	"slices"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Column is a column of the task log, by its name in filters.
type Column string

// The columns.
const (
	ID           Column = "id"
	ParentID     Column = "parent_id"
	TaskName     Column = "task_name" // the action
	Status       Column = "status"
	MasterStatus Column = "master_status"
	Report       Column = "report"     // its message, cut to 255 characters in searches
	Parameters   Column = "parameters" // their JSON, cut to 255 characters in searches
	Label        Column = "label"
	Owner        Column = "owner"
	CreatedAt    Column = "created_at"
	UpdatedAt    Column = "updated_at"
	Category     Column = "category"
	Queue        Column = "queue"
)

// Kind is what a column holds.
type Kind int

// The kinds.
const (
	KindText Kind = iota // string; compared bytewise
	KindBool             // bool
	KindTime             // time.Time in UTC, whole milliseconds
)

// columnInfo is what there is to know of a column.
type columnInfo struct {
	name     Column
	key      string // its name in JSON, which filters take as well
	kind     Kind
	optional bool // may be deselected

	// attribute is the search attribute that holds it: Temporal's own (WorkflowId, TaskQueue) or ours.
	attribute string
	// nullable: an empty text or a missing attribute is NULL, which no condition matches.
	nullable bool
	// missing is the value of a column that is not nullable when its attribute is not set.
	missing any
}

// Temporal's own attributes that are columns.
const (
	workflowIDAttribute = "WorkflowId"
	taskQueueAttribute  = "TaskQueue"
)

// columns is the one table of columns; its order is the order in which they are listed.
var columns = []columnInfo{
	{name: ID, key: "id", attribute: workflowIDAttribute, missing: ""},
	{name: ParentID, key: "parentId", attribute: attribute.Parent.GetName(), nullable: true},
	{name: TaskName, key: "taskName", attribute: attribute.Name.GetName(), missing: ""},
	{name: Status, key: "status", attribute: attribute.Status.GetName(), missing: string(task.Enqueued)},
	{name: MasterStatus, key: "masterStatus", kind: KindBool, attribute: attribute.Master.GetName(), missing: false},
	{name: Report, key: "report", attribute: attribute.Report.GetName(), nullable: true},
	{name: Parameters, key: "parameters", optional: true, attribute: attribute.Parameters.GetName(), missing: ""},
	{name: Label, key: "taskLabel", optional: true, attribute: attribute.Label.GetName(), missing: ""},
	{name: Owner, key: "owner", optional: true, attribute: attribute.Owner.GetName(), nullable: true},
	{name: CreatedAt, key: "createdAt", kind: KindTime, optional: true, attribute: attribute.CreatedAt.GetName(), nullable: true},
	{name: UpdatedAt, key: "updatedAt", kind: KindTime, optional: true, attribute: attribute.UpdatedAt.GetName(), nullable: true},
	{name: Category, key: "category", optional: true, attribute: attribute.Category.GetName(), missing: string(task.CategoryUnknown)},
	{name: Queue, key: "queue", optional: true, attribute: taskQueueAttribute, missing: ""},
}

// Columns returns every column, in the order in which they are listed.
func Columns() []Column {
	all := make([]Column, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return all
}

// ParseColumn returns the column with this name, spelled as in filters (task_name) or as in JSON (taskName).
func ParseColumn(name string) (Column, error) {
	for _, c := range columns {
		if name == string(c.name) || name == c.key {
			return c.name, nil
		}
	}
	return "", filterErrorf(name, "is not a column; columns are %v", Columns())
}

// Kind returns what the column holds.
func (c Column) Kind() Kind { return c.info().kind }

// Optional reports whether the column may be deselected.
func (c Column) Optional() bool { return c.info().optional }

// Attribute returns the search attribute that holds the column.
func (c Column) Attribute() string { return c.info().attribute }

// Nullable reports whether the column can be NULL: when its attribute is not set or its text is empty.
func (c Column) Nullable() bool { return c.info().nullable }

// Missing returns the value, a string or a bool, that the column has when its attribute is not set;
// nil for a nullable column.
func (c Column) Missing() any { return c.info().missing }

// info returns the column's row of the table. A column that does not exist has an empty one; filters
// refuse such a column before anything asks.
func (c Column) info() columnInfo {
	if i := slices.IndexFunc(columns, func(row columnInfo) bool { return row.name == c }); i >= 0 {
		return columns[i]
	}
	return columnInfo{}
}
