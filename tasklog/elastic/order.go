package elastic

import (
	"math"
	"slices"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// directions are Elasticsearch's names of the orders.
var directions = map[tasklog.Order]string{tasklog.Ascending: "asc", tasklog.Descending: "desc"}

// shardDocField is the place of a document, by which Elasticsearch itself tells equal ones of a state of the index apart.
const shardDocField = "_shard_doc"

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
	return append(fields, object{workflowIDField: object{"order": direction}}, object{shardDocField: "asc"})
}

// searchAfter returns the sort values after which a page begins, nil for the first one.
func searchAfter(f *tasklog.Filter) []any {
	p := f.Position()
	if p == nil {
		return nil
	}
	column, _ := f.Sort()
	values := []any{string(p.ID), math.MaxInt64} // behind every run of the task
	if column == tasklog.ID {
		return values
	}
	value := p.Value
	if column.Kind() == tasklog.KindTime { // in nanoseconds; a field of these sorts what is not set as the earliest time
		t, _ := p.Value.(time.Time)
		value = clamp(t).UnixNano()
	}
	return append([]any{value}, values...)
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
