package tao

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	// maxBody is far more than the ids of a page of tasks need.
	maxBody = 1 << 20
	// maxLimit is how many tasks one list can have, as everywhere in the API.
	maxLimit = 1000
)

// request is a request whose parameters are read as PHP reads them.
type request struct {
	*http.Request
	Visit

	query, form url.Values
}

// parse reads the parameters of the query and of a form. Package net/url refuses more than 10,000, and mime/multipart more than 1,000 parts, which
// bounds how many tasks a request can name.
func (q *request) parse(w http.ResponseWriter) error {
	var err error
	if q.query, err = url.ParseQuery(q.URL.RawQuery); err != nil {
		return &failure{status: http.StatusBadRequest, message: fmt.Sprintf("The query cannot be read: %v.", err), fixed: true}
	}
	q.Body = http.MaxBytesReader(w, q.Body, maxBody)
	if err = q.ParseForm(); err == nil {
		err = q.ParseMultipartForm(maxBody) // no more than the body can have, so nothing goes to the disk
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{status: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("The body has more than %d bytes.", tooLarge.Limit), fixed: true}
	}
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return &failure{status: http.StatusBadRequest, message: fmt.Sprintf("The form cannot be read: %v.", err), fixed: true}
	}
	q.form = q.PostForm
	// The body has been read in its time; what is left may take longer.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // only the writers of tests have no deadlines
	return nil
}

// errMissing is for a parameter that is not there.
func errMissing() error {
	return &failure{status: http.StatusBadRequest, message: "At least one mandatory parameter was required but found missing in your request"}
}

// brackets are what follows the name of a parameter that is an array: [], [0], [key].
var brackets = regexp.MustCompile(`^\[[^\[\]]*\]$`)

// values returns what a parameter has been given, and whether as an array. The form has precedence. Given several times without
// brackets, the last value counts.
func (q *request) values(name string) (values []string, array, given bool) {
	for _, source := range []url.Values{q.form, q.query} {
		for _, key := range slices.Sorted(maps.Keys(source)) {
			if rest, ok := strings.CutPrefix(key, name); ok && brackets.MatchString(rest) {
				values, array = append(values, source[key]...), true
			}
		}
		if array {
			return values, true, true
		}
		if all := source[name]; len(all) > 0 {
			return all[len(all)-1:], false, true
		}
	}
	return nil, false, false
}

// id returns the one task that a parameter names.
func (q *request) id(name string) (task.ID, error) {
	values, array, given := q.values(name)
	switch {
	case !given:
		return "", errMissing()
	case array:
		return "", &failure{status: http.StatusBadRequest, message: fmt.Sprintf("The parameter %q must be one id, not a list.", name)}
	}
	return task.ID(values[0]), nil
}

// allTasks in place of an id stands for all tasks of the user that are in a state for it.
const allTasks = "all"

// ids returns the tasks that the parameter taskId names; all is true in place of ids.
func (q *request) ids() (ids []task.ID, all bool, err error) {
	values, array, given := q.values(paramTaskID)
	if !given {
		return nil, false, errMissing()
	}
	if !array && values[0] == allTasks {
		return nil, true, nil
	}
	slices.Sort(values)
	for _, value := range slices.Compact(values) {
		ids = append(ids, task.ID(value))
	}
	return ids, false, nil
}

// leadingNumber is what PHP takes for a whole number at the beginning of a text.
var leadingNumber = regexp.MustCompile(`^[ \t\n\r\v\f]*([+-]?[0-9]+)`)

// number returns a parameter as PHP casts it to a whole number, nil if it is not there: what is no number is 0, and what follows
// the digits does not count.
func (q *request) number(name string) *int {
	values, _, given := q.values(name)
	if !given {
		return nil
	}
	match := leadingNumber.FindStringSubmatch(values[0])
	if match == nil {
		return new(int)
	}
	n, _ := strconv.ParseInt(match[1], 10, 32) // of what is out of range, the nearest that is not
	return new(int(n))
}

// page returns the limit and the offset of a list, nil for what is not asked for.
func (q *request) page() (limit, offset *int) {
	if limit = q.number("limit"); limit != nil {
		*limit = min(*limit, maxLimit)
	}
	return limit, q.number("offset")
}
