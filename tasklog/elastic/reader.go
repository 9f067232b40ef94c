package elastic

import (
	"go.temporal.io/sdk/converter"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// reader reads hits into the entities of one page.
type reader struct {
	data     converter.DataConverter
	selected []tasklog.Column
	column   tasklog.Column // of the sort
	order    tasklog.Order
	fields   []string // that are needed of each document; nil means all

	found tasklog.Collection
	last  any // the last hit's value of the sort's column
}

func newReader(f *tasklog.Filter, data converter.DataConverter) *reader {
	r := &reader{data: data, selected: f.Columns(), found: tasklog.Collection{}}
	r.column, r.order = f.Sort()
	if len(r.selected) < len(tasklog.Columns()) { // to take fields out of a document costs the server more than the rest of it
		r.fields = sourceFields(append(r.selected, tasklog.Status, r.column))
	}
	return r
}

// request returns the body of a search for what read needs.
func (r *reader) request(query object) object {
	body := object{"query": query, "sort": sortBy(r.column, r.order)}
	if r.fields != nil {
		body["_source"] = r.fields
	}
	return body
}

func (r *reader) read(hits []hit) error {
	for _, h := range hits {
		entity, err := h.Source.entity(r.selected, r.data)
		if err != nil {
			return err
		}
		r.found = append(r.found, entity)
	}
	if len(hits) > 0 {
		r.last = hits[len(hits)-1].Source.value(r.column)
	}
	return nil
}
