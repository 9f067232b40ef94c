package tasklog

import (
	"cmp"
	"slices"
	"time"
)

// Row is a task with what searches look at beside the entity.
type Row struct {
	Entity
	RunID      string
	ReportText string         // what the index holds of the report, for conditions on it
	Text       string         // what full-text search looks through
	Duration   *time.Duration // how long the task took; nil if that is not known
}

// Value returns what a condition on the column compares: a string, bool or time.Time; nil is NULL.
func (r Row) Value(c Column) any {
	switch c {
	case ID:
		return string(r.ID)
	case ParentID:
		return orNull(string(r.ParentID))
	case TaskName:
		return r.TaskName
	case Status:
		return string(r.Status)
	case MasterStatus:
		return r.MasterStatus
	case Report:
		return orNull(r.ReportText)
	case Parameters:
		return r.Parameters
	case Label:
		return r.Label
	case Owner:
		return orNull(r.Owner)
	case CreatedAt:
		return timeOrNull(r.CreatedAt)
	case UpdatedAt:
		return timeOrNull(r.UpdatedAt)
	case Category:
		return string(r.Category)
	case Queue:
		return r.Queue
	}
	return nil
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// Select does with rows what a database does after its WHERE: sorts them, cuts the page out and leaves
// the deselected columns empty. It changes the order of rows.
func (f *Filter) Select(rows []Row) Page {
	column, order := f.Sort()
	total := int64(len(rows))
	rows = slices.DeleteFunc(rows, func(row Row) bool { return !f.follows(row) })
	slices.SortFunc(rows, func(a, b Row) int {
		c := cmp.Or(
			compare(a.Value(column), b.Value(column)),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.RunID, b.RunID),
		)
		if order == Descending {
			return -c
		}
		return c
	})
	limit, limited, offset := f.Page()
	rows = rows[min(offset, len(rows)):]
	if limited {
		rows = rows[:min(limit, len(rows))]
	}
	var last any
	if len(rows) > 0 {
		last = rows[len(rows)-1].Value(column)
	}
	selected := f.Columns()
	found := make(Collection, len(rows))
	for i, row := range rows {
		row.keep(selected)
		found[i] = row.Entity
	}
	return f.NewPage(found, total, last)
}

// deselected returns the columns that are not among the selected ones.
func deselected(selected []Column) []Column {
	return slices.DeleteFunc(Columns(), func(c Column) bool { return slices.Contains(selected, c) })
}
