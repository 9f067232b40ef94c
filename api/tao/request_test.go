package tao

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
)

// parsed returns a request with a query and, unless it is empty, a form.
func parsed(t *testing.T, query, form string) *request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/?"+query, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q := &request{Request: r}
	require.NoError(t, q.parse(httptest.NewRecorder()))
	return q
}

func TestParametersAreReadAsPHPReadsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query, form string
		ids         []task.ID
		all         bool
	}{
		"one":                 {"taskId=a", "", []task.ID{"a"}, false},
		"the last one counts": {"taskId=a&taskId=b", "", []task.ID{"b"}, false},
		"a list":              {"taskId[]=b&taskId[]=a&taskId[]=b", "", []task.ID{"a", "b"}, false},
		"an encoded list":     {"taskId%5B%5D=a&taskId%5B%5D=b", "", []task.ID{"a", "b"}, false},
		"with indices":        {"taskId[0]=a&taskId[1]=b", "", []task.ID{"a", "b"}, false},
		"with keys":           {"taskId[x]=a", "", []task.ID{"a"}, false},
		"in a form":           {"", "taskId[]=a", []task.ID{"a"}, false},
		"the form wins":       {"taskId=a&taskId[]=b", "taskId=c", []task.ID{"c"}, false},
		"empty":               {"taskId=", "", []task.ID{""}, false},
		"all":                 {"taskId=all", "", nil, true},
		"a task named all":    {"taskId[]=all", "", []task.ID{"all"}, false},
		"others do not count": {"taskIds=x&taskId[a][b]=y&taskId=a&_=1699999999", "", []task.ID{"a"}, false},
	} {
		ids, all, err := parsed(t, c.query, c.form).ids()
		require.NoError(t, err, name)
		require.Equal(t, c.ids, ids, name)
		require.Equal(t, c.all, all, name)
	}
	_, _, err := parsed(t, "id=a", "").ids()
	require.EqualError(t, err, "At least one mandatory parameter was required but found missing in your request")
	ids, _, err := parsed(t, "", strings.Repeat("taskId[]=a&", 9_999)+"taskId[]=b").ids()
	require.NoError(t, err)
	require.Equal(t, []task.ID{"a", "b"}, ids)
	_, err = parsed(t, "id[]=a", "").id("id")
	require.EqualError(t, err, `The parameter "id" must be one id, not a list.`)
}

func TestNumbersAreCastAsByPHP(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]int{
		"5": 5, "05": 5, "-3": -3, "%2B4": 4, "%207": 7, "12abc": 12, "abc": 0, "": 0, "1.9": 1, "99999999999999999999": 2147483647, "-99999999999999999999": -2147483648,
	} {
		require.Equal(t, want, *parsed(t, "offset="+given, "").number("offset"), given)
	}
	require.Nil(t, parsed(t, "", "").number("offset"))
	limit, offset := parsed(t, "limit=5000", "").page()
	require.Equal(t, 1000, *limit, "no list is longer")
	require.Nil(t, offset)
}

func TestFormsOfManyParts(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("taskId[]", "a"))
	require.NoError(t, form.WriteField("taskId[]", "b"))
	require.NoError(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	q := &request{Request: r}
	require.NoError(t, q.parse(httptest.NewRecorder()))
	ids, _, err := q.ids()
	require.NoError(t, err)
	require.Equal(t, []task.ID{"a", "b"}, ids)
}

func TestFormsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query, contentType, body string
		status                   int
	}{
		"query":                 {"taskId=%zz", "", "", 400},
		"form":                  {"", "application/x-www-form-urlencoded", "taskId=%zz", 400},
		"parts":                 {"", "multipart/form-data; boundary=x", "--x", 400},
		"too many":              {"", "application/x-www-form-urlencoded", strings.Repeat("taskId[]=a&", 10_000) + "taskId[]=b", 400},
		"too many in the query": {strings.Repeat("taskId[]=a&", 10_000) + "taskId[]=b", "", "", 400},
		"too long":              {"", "application/x-www-form-urlencoded", "taskId=" + strings.Repeat("a", maxBody), 413},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.URL.RawQuery = c.query
		r.Header.Set("Content-Type", c.contentType)
		err := (&request{Request: r}).parse(httptest.NewRecorder())
		f := failureOf(err)
		require.NotNil(t, f, "%s: %v", name, err)
		require.Equal(t, c.status, f.status, name)
	}
}
