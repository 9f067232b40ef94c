// Package attribute is the one table of the Temporal search attributes that a task carries.
//
// The workflow writes them, the task log reads them, and set-up registers them, all from here.
package attribute

import (
	"cmp"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
)

// The typed keys.
var (
	Name       = temporal.NewSearchAttributeKeyKeyword("TaskName")
	Label      = temporal.NewSearchAttributeKeyKeyword("TaskLabel")
	Status     = temporal.NewSearchAttributeKeyKeyword("TaskStatus")
	Owner      = temporal.NewSearchAttributeKeyKeyword("TaskOwner")
	Category   = temporal.NewSearchAttributeKeyKeyword("TaskCategory")
	Parent     = temporal.NewSearchAttributeKeyKeyword("TaskParent")
	Report     = temporal.NewSearchAttributeKeyKeyword("TaskReport")
	Parameters = temporal.NewSearchAttributeKeyKeyword("TaskParameters")
	Supersedes = temporal.NewSearchAttributeKeyKeyword("TaskSupersedes")
	Text       = temporal.NewSearchAttributeKeyString("TaskText")
	Master     = temporal.NewSearchAttributeKeyBool("TaskMaster")
	CreatedAt  = temporal.NewSearchAttributeKeyTime("TaskCreatedAt")
	UpdatedAt  = temporal.NewSearchAttributeKeyTime("TaskUpdatedAt")
	// Duration is in milliseconds, from when the task was enqueued to when it ended.
	Duration = temporal.NewSearchAttributeKeyInt64("TaskDuration")
)

// The fields of the memo.
const (
	MemoReport   = "report"   // the whole report as JSON
	MemoAttempts = "attempts" // how often an idempotent action was started
)

var keys = []temporal.SearchAttributeKey{
	Name, Label, Status, Owner, Category, Parent, Report, Parameters, Supersedes, Text, Master, CreatedAt, UpdatedAt, Duration,
}

// Types returns every attribute's name and type, for registration.
func Types() map[string]enumspb.IndexedValueType {
	types := make(map[string]enumspb.IndexedValueType, len(keys))
	for _, k := range keys {
		types[k.GetName()] = k.GetValueType()
	}
	return types
}

// Keyword cuts a value to the length of an indexed keyword.
func Keyword(value string) string {
	if utf8.RuneCountInString(value) <= task.MaxTextLength {
		return value
	}
	return string([]rune(value)[:task.MaxTextLength])
}

// ForNew returns the attributes of a task that is being enqueued. An empty owner or parent is left out,
// so that it reads as NULL in searches.
func ForNew(t *task.Task) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(ForRecurring(t).Copy(), CreatedAt.ValueSet(t.CreatedAt), UpdatedAt.ValueSet(t.CreatedAt))
}

// ForRecurring returns those attributes of ForNew that every run of a schedule has alike.
func ForRecurring(t *task.Task) temporal.SearchAttributes {
	updates := []temporal.SearchAttributeUpdate{
		Name.ValueSet(t.Action),
		Label.ValueSet(t.Label),
		Status.ValueSet(string(task.Enqueued)),
		Category.ValueSet(string(cmp.Or(t.Category, task.CategoryUnknown))),
		Parameters.ValueSet(Keyword(string(t.Parameters))),
		Text.ValueSet(FullText(t.Label, nil, string(t.Parameters))),
		Master.ValueSet(t.Master),
	}
	if t.Owner != "" {
		updates = append(updates, Owner.ValueSet(t.Owner))
	}
	if t.ParentID != "" {
		updates = append(updates, Parent.ValueSet(string(t.ParentID)))
	}
	return temporal.NewSearchAttributes(updates...)
}
