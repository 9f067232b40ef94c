package tasklog

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/distributed-task-queue/taskqueue/task"
)

// DefaultRows is how many rows a page of a DataTable has when the request does not say.
const DefaultRows = 25

// DataTableRequest is what a table on a web page asks for. Its JSON has the names that such tables send.
type DataTableRequest struct {
	// Rows is how many rows a page has, at least 1. Default DefaultRows.
	Rows *int `json:"rows"`
	// Page is which page is wanted, from 1 on; what is less means the first. Default 1.
	Page *int `json:"page"`
	// SortBy is the column to sort by, as ParseColumn accepts it. Default: the newest tasks come first.
	SortBy string `json:"sortby"`
	// SortOrder is "desc" in any case to sort in descending order; everything else means ascending.
	SortOrder string `json:"sortorder"`
	// SortType is "numeric" or "string". It changes nothing: a column's kind says how it is sorted.
	SortType string `json:"sorttype"`
	// FilterColumns wants columns, named as ParseColumn accepts them, to equal a value or one value of a list. Empty values ("",
	// "0", 0, false, nil and an empty list) want nothing. Statuses may also be the names of groups of statuses.
	FilterColumns map[string]any `json:"filtercolumns"`
}

// filterColumn is the name under which a query has a value of FilterColumns: filtercolumns[status], or for lists
// filtercolumns[status][] and filtercolumns[status][0].
var filterColumn = regexp.MustCompile(`^filtercolumns\[([^\[\]]+)\](\[[0-9]*\])?$`)

// WithQuery returns the request with what the query of a URL says in the place of what it said before. A filtercolumns of the
// query replaces FilterColumns as a whole; names that tables do not send are passed over. A number that is none is a
// *FilterError.
func (r DataTableRequest) WithQuery(query url.Values) (DataTableRequest, error) {
	for name, target := range map[string]**int{"rows": &r.Rows, "page": &r.Page} {
		if !query.Has(name) {
			continue
		}
		n, err := strconv.Atoi(query.Get(name))
		if err != nil {
			return DataTableRequest{}, filterErrorf(name, "is %q; it must be a whole number", query.Get(name))
		}
		*target = &n
	}
	for name, target := range map[string]*string{"sortby": &r.SortBy, "sortorder": &r.SortOrder, "sorttype": &r.SortType} {
		if query.Has(name) {
			*target = query.Get(name)
		}
	}
	columns := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		match := filterColumn.FindStringSubmatch(name)
		if match == nil {
			continue
		}
		column, isList := match[1], match[2] != ""
		if values := query[name]; !isList && len(values) == 1 {
			columns[column] = values[0]
			continue
		}
		list, _ := columns[column].([]any)
		for _, value := range query[name] {
			list = append(list, value)
		}
		columns[column] = list
	}
	if len(columns) > 0 {
		r.FilterColumns = columns
	}
	return r, nil
}

// filter returns a copy of a filter that wants what the request wants as well.
func (r DataTableRequest) filter(f *Filter) (*Filter, error) {
	rows, page, err := r.size()
	if err != nil {
		return nil, err
	}
	f = f.Clone().Limit(rows).Offset((page - 1) * rows)
	for _, name := range slices.Sorted(maps.Keys(r.FilterColumns)) {
		if err := addFilterColumn(f, name, r.FilterColumns[name]); err != nil {
			return nil, err
		}
	}
	if r.SortBy != "" {
		order := Ascending
		if strings.EqualFold(r.SortOrder, string(Descending)) {
			order = Descending
		}
		f.SortBy(Column(r.SortBy)).SortOrder(order)
	}
	return f, f.Err()
}

// size returns the number of rows and of the page.
func (r DataTableRequest) size() (rows, page int, err error) {
	rows, page = DefaultRows, 1
	if r.Rows != nil {
		rows = *r.Rows
	}
	if r.Page != nil {
		page = max(*r.Page, 1)
	}
	if rows < 1 || rows > math.MaxInt32 {
		return 0, 0, filterErrorf("rows", "is %d; it must be 1 to %d", rows, math.MaxInt32)
	}
	if last := math.MaxInt32/rows + 1; page > last {
		return 0, 0, filterErrorf("page", "is %d; with %d rows a page it can be at most %d", page, rows, last)
	}
	return rows, page, nil
}

func addFilterColumn(f *Filter, name string, value any) error {
	column, err := ParseColumn(name)
	if err != nil || isEmpty(value) {
		return err
	}
	list := reflect.ValueOf(value)
	isList := list.Kind() == reflect.Slice
	if !isList {
		list = reflect.ValueOf([]any{value})
	}
	values := make([]any, list.Len())
	for i := range values {
		values[i] = suited(column, list.Index(i).Interface())
	}
	if column == Status {
		names := make([]string, len(values))
		for i, v := range values {
			names[i] = fmt.Sprint(v)
		}
		return f.Add(Status, In, task.ExpandStatuses(names))
	}
	if !isList {
		return f.Add(column, Eq, values[0])
	}
	return f.Add(column, In, values)
}

// isEmpty reports whether a value is what tables send for "no filter".
func isEmpty(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Slice:
		return v.Len() == 0
	case reflect.String:
		return v.Len() == 0 || v.String() == "0"
	default:
		return v.IsZero()
	}
}

// suited returns a number or true as text where the column holds text, and a text that is a number as such where it holds times: tables, and
// the queries of URLs, do not know the kinds of columns.
func suited(column Column, value any) any {
	if text, ok := value.(string); ok {
		return plain(column, text)
	}
	if column.Kind() != KindText {
		return value
	}
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt() || v.CanUint():
		return fmt.Sprint(value)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case value == true:
		return "1"
	}
	return value
}
