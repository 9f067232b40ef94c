package elastic

import (
	"slices"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// directions are Elasticsearch's names of the orders.
var directions = map[tasklog.Order]string{tasklog.Ascending: "asc", tasklog.Descending: "desc"}

// sortBy returns a sort that leaves no two documents equal. It is not for the status, which is no field.
func sortBy(column tasklog.Column, order tasklog.Order) []object {
	direction := directions[order]
	var fields []object
	if column != tasklog.ID {
		missing := column.Missing()
		switch {
		case column.Nullable():
			missing = map[tasklog.Order]string{tasklog.Ascending: "_first", tasklog.Descending: "_last"}[order]
		case missing == false:
			missing = 0 // that is how Elasticsearch sorts it
		}
		fields = append(fields, object{column.Attribute(): object{"order": direction, "missing": missing}})
	}
	for _, field := range []string{workflowIDField, runIDField} {
		fields = append(fields, object{field: object{"order": direction}})
	}
	return fields
}

// following finds what comes after a position. Elasticsearch's own search_after cannot do it with a cursor: it takes no NULL of
// a time, and its values for the others are not those of the columns.
func following(column tasklog.Column, order tasklog.Order, p tasklog.Position) object {
	beyond := map[tasklog.Order]tasklog.Operator{tasklog.Ascending: tasklog.Gt, tasklog.Descending: tasklog.Lt}[order]
	laterID := object{"range": object{workflowIDField: object{string(beyond): string(p.ID)}}}
	if column == tasklog.ID {
		return laterID
	}
	field := column.Attribute()
	null := not(exists(field))
	if p.Value == nil {
		if order == tasklog.Ascending {
			return either(exists(field), all(null, laterID))
		}
		return all(null, laterID)
	}
	same, later := term(field, p.Value), object{"range": object{field: object{string(beyond): p.Value}}}
	if t, ok := p.Value.(time.Time); ok {
		same, later = timeRange(field, tasklog.Eq, t), timeRange(field, beyond, t)
	}
	alternatives := []object{later, all(same, laterID)}
	switch missing := column.Missing(); {
	case column.Nullable():
		if order == tasklog.Descending {
			alternatives = append(alternatives, null)
		}
	case missing == p.Value:
		alternatives = append(alternatives, all(null, laterID))
	case comesLater(missing, p.Value, order):
		alternatives = append(alternatives, null)
	}
	return either(alternatives...)
}

// comesLater reports whether the value of a missing field, which is a text or false, comes after another one.
func comesLater(missing, value any, order tasklog.Order) bool {
	text, isText := missing.(string)
	other, _ := value.(string)
	if !isText { // false comes before true
		return order == tasklog.Descending
	}
	return text != other && (text > other) == (order == tasklog.Ascending)
}

// sections returns the statuses of a filter in the order in which a sort by the status lists their tasks, after the position if
// there is one.
func sections(f *tasklog.Filter) []string {
	_, order := f.Sort()
	var names []string
	for _, s := range f.Statuses() {
		names = append(names, string(s))
	}
	slices.Sort(names)
	if order == tasklog.Descending {
		slices.Reverse(names)
	}
	if p := f.Position(); p != nil {
		from, _ := p.Value.(string)
		names = slices.DeleteFunc(names, func(name string) bool {
			return name != from && (name < from) == (order == tasklog.Ascending)
		})
	}
	return names
}
