package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// page is a list with what leads to the next one.
type page struct {
	list

	Next string
}

func TestCursorsLeadThroughAList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := temporaltest.UniqueName(t)
	var want []string
	for i := range 7 {
		want = append(want, b.create(map[string]any{"action": "declared", "owner": owner, "label": fmt.Sprint("number ", i)}).ID)
	}
	first := "/api/v1/tasks?limit=3&sortBy=taskLabel&owner=" + owner
	b.await("the index knows all", func() bool {
		return read[list](t, b.do(http.MethodGet, first, nil), http.StatusOK).Total == 7
	})

	// By the header, which brings all parameters along.
	var ids []string
	for path := first; path != ""; {
		a := b.do(http.MethodGet, path, nil)
		p := read[page](t, a, http.StatusOK)
		require.EqualValues(t, 7, p.Total)
		ids = append(ids, p.ids()...)
		links := linksOf(t, a)
		require.NotContains(t, links, "prev")
		if path != first {
			require.Equal(t, want[:3], read[page](t, b.do(http.MethodGet, links["first"], nil), http.StatusOK).ids())
		} else {
			require.NotContains(t, links, "first")
		}
		path = links["next"]
		require.Equal(t, p.Next != "", path != "")
		if path != "" {
			require.Contains(t, path, "cursor="+url.QueryEscape(p.Next))
		}
	}
	require.Equal(t, want, ids)

	// By the offset, and back.
	links := linksOf(t, b.do(http.MethodGet, first+"&offset=4", nil))
	require.Equal(t, want[1:4], read[page](t, b.do(http.MethodGet, links["prev"], nil), http.StatusOK).ids())
	links = linksOf(t, b.do(http.MethodGet, links["prev"], nil))
	require.Equal(t, want[4:], read[page](t, b.do(http.MethodGet, links["next"], nil), http.StatusOK).ids())
	require.Equal(t, want[:3], read[page](t, b.do(http.MethodGet, links["first"], nil), http.StatusOK).ids())

	// By the cursor in the body.
	ids = nil
	body := map[string]any{"limit": 5, "sortBy": "label", "filters": []any{map[string]any{"column": "owner", "op": "eq", "value": owner}}}
	for more := true; more; {
		a := b.do(http.MethodPost, "/api/v1/tasks/search", body)
		require.Empty(t, a.Header.Get("Link"))
		p := read[page](t, a, http.StatusOK)
		ids = append(ids, p.ids()...)
		body["cursor"], more = p.Next, p.Next != ""
	}
	require.Equal(t, want, ids)

	// A page that begins at an offset leads on without it.
	a := b.do(http.MethodGet, first+"&offset=2", nil)
	require.Equal(t, want[2:5], read[page](t, a, http.StatusOK).ids())
	require.NotContains(t, linksOf(t, a)["next"], "offset")

	cursor := read[page](t, a, http.StatusOK).Next
	for query, detail := range map[string]string{
		"cursor=nonsense":                                 "not one that a page has given",
		"cursor=" + cursor:                                "belongs to a list sorted by label ASC",
		"sortBy=label&offset=1&cursor=" + cursor:          "cannot be combined with an offset",
		"sortBy=label&sortOrder=desc&cursor=" + cursor:    "belongs to a list",
		"sortBy=label&cursor=" + cursor + "&cursor=again": "give it once",
	} {
		p := readProblem(t, b.do(http.MethodGet, "/api/v1/tasks?"+query, nil), http.StatusUnprocessableEntity)
		require.Equal(t, "cursor", p.Field, query)
		require.Contains(t, p.Detail, detail)
	}
}

func TestFullText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work()
	owner := temporaltest.UniqueName(t)
	word := strings.ReplaceAll(owner, "-", "")
	labelled := b.create(map[string]any{"action": "echo", "owner": owner, "label": "Café " + word}).ID
	inParameters := b.create(map[string]any{"action": "declared", "owner": owner, "parameters": map[string]any{"note": word + " cafe"}}).ID
	b.create(map[string]any{"action": "declared", "owner": owner, "label": "something else"})
	b.awaitClosed(labelled)
	b.await("the index knows all", func() bool {
		return read[list](t, b.do(http.MethodGet, "/api/v1/tasks?owner="+owner, nil), http.StatusOK).Total == 3 &&
			len(read[list](t, b.do(http.MethodGet, "/api/v1/tasks?status=completed&owner="+owner, nil), http.StatusOK).Tasks) == 1
	})
	type highlighted struct {
		Total int64
		Tasks []struct {
			ID         string
			Highlights map[string][][]struct {
				Text  string
				Match bool
			}
		}
	}
	get := func(text string) highlighted {
		t.Helper()
		return read[highlighted](t, b.do(http.MethodGet, "/api/v1/tasks?sortBy=createdAt&text="+url.QueryEscape(text), nil), http.StatusOK)
	}
	both := get("CAFE " + word)
	require.EqualValues(t, 2, both.Total)
	require.Equal(t, []string{labelled, inParameters}, []string{both.Tasks[0].ID, both.Tasks[1].ID})
	pieces := both.Tasks[0].Highlights["taskLabel"][0]
	require.Equal(t, "Café", pieces[0].Text)
	require.True(t, pieces[0].Match)
	require.False(t, pieces[1].Match)
	require.NotEmpty(t, both.Tasks[1].Highlights["parameters"])

	require.EqualValues(t, 1, get("hello "+word).Total, "what it reported")
	require.EqualValues(t, 2, get(word[:len(word)-2]+"*").Total)
	require.Zero(t, get(word+" nowhere").Total)

	searched := read[highlighted](t, b.do(http.MethodPost, "/api/v1/tasks/search", map[string]any{"text": word, "sortBy": "created_at"}), http.StatusOK)
	require.Equal(t, get(word), searched)
	without := b.do(http.MethodGet, "/api/v1/tasks?owner="+owner, nil)
	require.NotContains(t, string(without.body), "highlights")
}

// linksOf returns the targets of the header Link by their relations.
func linksOf(t *testing.T, a answer) map[string]string {
	t.Helper()
	links := map[string]string{}
	for _, link := range regexp.MustCompile(`<([^>]*)>; rel="([a-z]+)"`).FindAllStringSubmatch(a.Header.Get("Link"), -1) {
		links[link[2]] = link[1]
	}
	return links
}
