package elastic_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

func ask[T any](t *testing.T, path string) (answer T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, connection().Addresses[0]+path, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer
}

type fieldTypes map[string]struct {
	Mappings struct {
		Properties map[string]struct{ Type string }
	}
}

func TestSetUpMakesTheIndexAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	c := connection()
	c.Index = "set-up-" + uuid.NewString()[:8]
	engine := openOwn(t, c)

	var missing *elastic.MissingIndexError
	require.ErrorAs(t, engine.Check(t.Context()), &missing)
	_, err := engine.Search(t.Context(), tasklog.NewFilter())
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "`taskctl init`")
	require.ErrorContains(t, err, c.Index)

	var told []string
	progress := func(done string) { told = append(told, done) }
	attributes := map[string]enumspb.IndexedValueType{"Colour": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Price": enumspb.INDEXED_VALUE_TYPE_DOUBLE}
	require.NoError(t, elastic.SetUp(t.Context(), c, attributes, progress))
	require.Len(t, told, 2)
	require.Contains(t, told[1], "is made")
	require.NoError(t, engine.Check(t.Context()))
	properties := ask[fieldTypes](t, "/"+c.Index+"/_mapping")[c.Index].Mappings.Properties
	require.Equal(t, "keyword", properties["Colour"].Type)
	require.Equal(t, "date_nanos", properties["TaskCreatedAt"].Type)
	require.Equal(t, "date_nanos", properties["CloseTime"].Type, "Temporal's own fields")

	told = nil
	require.NoError(t, elastic.SetUp(t.Context(), c, nil, progress))
	require.Contains(t, told[0], "exists and has all fields")

	// An index that is deleted, and made by whoever writes first, has the right fields.
	request(t, http.MethodDelete, "/"+c.Index, "")
	request(t, http.MethodPost, "/"+c.Index+"/_doc?refresh=true", `{"TaskOwner": "jane"}`)
	require.NoError(t, openOwn(t, c).Check(t.Context()))
}

// An index of an older version lacks the fields that have come since.
func TestSetUpUpgradesAnIndex(t *testing.T) {
	t.Parallel()
	c := connection()
	c.Index = "upgrade-" + uuid.NewString()[:8]
	request(t, http.MethodPut, "/"+c.Index, `{"mappings": {"dynamic": "false", "properties": {"TaskOwner": {"type": "keyword"}}}}`)
	var wrong *elastic.MappingError
	engine := openOwn(t, c)
	_, err := engine.Count(t.Context(), tasklog.NewFilter())
	require.ErrorAs(t, err, &wrong)
	require.Contains(t, wrong.Missing, "TaskDuration")
	require.NotContains(t, wrong.Missing, "TaskOwner")
	require.ErrorContains(t, err, "run `taskctl init`")

	require.NoError(t, elastic.SetUp(t.Context(), c, nil, func(string) {}))
	n, err := engine.Count(t.Context(), tasklog.NewFilter())
	require.NoError(t, err)
	require.Zero(t, n)
}

// An index that Elasticsearch has made up itself, from the first document, cannot be mended.
func TestSetUpRefusesFieldsOfOtherTypes(t *testing.T) {
	t.Parallel()
	c := connection()
	c.Index = "other-types-" + uuid.NewString()[:8]
	request(t, http.MethodPost, "/"+c.Index+"/_doc?refresh=true", `{"TaskOwner": "jane"}`)
	for _, err := range []error{elastic.SetUp(t.Context(), c, nil, func(string) {}), openOwn(t, c).Check(t.Context())} {
		var wrong *elastic.MappingError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, []elastic.WrongField{{Name: "TaskOwner", Have: "text", Want: "keyword"}}, wrong.Wrong)
		require.ErrorContains(t, err, `has the field TaskOwner with the type "text", which must be "keyword"`)
	}
}

// Somebody deletes the index and its template under a program that runs. What Temporal's next write makes lacks the fields of tasks.
func TestAnIndexThatLostItsFieldsIsNoticed(t *testing.T) {
	t.Parallel()
	c := newIndex(t)
	engine := openOwn(t, c)
	_, err := engine.Search(t.Context(), tasklog.NewFilter())
	require.NoError(t, err)
	request(t, http.MethodDelete, "/_index_template/"+c.TemplateName(), "")
	request(t, http.MethodDelete, "/"+c.Index, "")
	require.Eventually(t, func() bool {
		_, err := engine.Search(t.Context(), tasklog.NewFilter())
		var missing *elastic.MissingIndexError
		return errors.As(err, &missing)
	}, 2*time.Minute, 100*time.Millisecond)
	request(t, http.MethodPut, "/"+c.Index, "")
	require.Eventually(t, func() bool {
		_, err := engine.Search(t.Context(), tasklog.NewFilter())
		var wrong *elastic.MappingError
		return errors.As(err, &wrong)
	}, 2*time.Minute, 100*time.Millisecond)
}
