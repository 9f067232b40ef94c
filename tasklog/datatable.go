package tasklog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// DataTable is a table on a web page that shows the task log page by page.
type DataTable struct {
	Request DataTableRequest
	// Presenter says what rows look like. Default: as the JSON of entities.
	Presenter Presenter
	// CustomiseRow returns keys for the row of a task, which replace those of the same name. Default: none.
	CustomiseRow func(Entity) (map[string]any, error)
	// Override makes the keys of CustomiseRow the whole row.
	Override bool
}

// DataTablePayload is one page of a DataTable.
type DataTablePayload struct {
	Rows   int            `json:"rows"`   // how many rows a page has, as requested
	Page   int            `json:"page"`   // which page this is, from 1 on
	Amount int            `json:"amount"` // how many rows this page has
	Total  int64          `json:"total"`  // how many pages there are
	Data   []DataTableRow `json:"data"`
	// Count is how many rows there are, on all pages.
	Count int64 `json:"-"`
}

// DataTableRow is the row of one task. Its JSON is an object.
type DataTableRow struct {
	Entity Entity
	keys   object
}

// MarshalJSON writes the keys of the row: those of the entity in their order, then the others by name.
func (r DataTableRow) MarshalJSON() ([]byte, error) { return json.Marshal(r.keys) }

// DataTable returns the page that a table asks for, of the tasks that satisfy the filter, in one search. The filter stays as it is;
// its own limit and offset do not count, nor does its sort if the request has one.
//
// Unlike the PHP system, which took them as they came, it refuses a number of rows that is less than 1 (there it divided by it)
// and names of columns that do not exist (there they went into the SQL): both are a *FilterError. The page of a payload is
// the one that it shows, also where the request has a number less than 1.
func (l *TaskLog) DataTable(ctx context.Context, f *Filter, t DataTable) (DataTablePayload, error) {
	rows, page, err := t.Request.size()
	if err != nil {
		return DataTablePayload{}, err
	}
	if f, err = t.Request.filter(f); err != nil {
		return DataTablePayload{}, err
	}
	found, err := l.Page(ctx, f.WithTotal())
	if err != nil {
		return DataTablePayload{}, err
	}
	payload := DataTablePayload{
		Rows: rows, Page: page, Amount: len(found.Tasks), Count: found.Total,
		Total: (found.Total + int64(rows) - 1) / int64(rows), Data: make([]DataTableRow, len(found.Tasks)),
	}
	for i, e := range found.Tasks {
		if payload.Data[i], err = t.row(ctx, e); err != nil {
			return DataTablePayload{}, err
		}
	}
	return payload, nil
}

func (t DataTable) row(ctx context.Context, e Entity) (DataTableRow, error) {
	view, err := t.Presenter.Entity(ctx, e)
	if err != nil {
		return DataTableRow{}, err
	}
	row := DataTableRow{Entity: e, keys: view.object()}
	if t.CustomiseRow == nil {
		return row, nil
	}
	custom, err := t.CustomiseRow(e)
	if err != nil {
		return DataTableRow{}, fmt.Errorf("customise the row of task %q: %w", e.ID, err)
	}
	if t.Override {
		row.keys = object{}
	}
	for _, key := range slices.Sorted(maps.Keys(custom)) {
		row.keys = row.keys.with(key, custom[key])
	}
	return row, nil
}
