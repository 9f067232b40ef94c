package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"
)

func TestDownload(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work()
	name := "out/Zürich list.csv"
	require.NoError(t, b.files.WriteAll(t.Context(), name, []byte("a,b\n1,2\n"), nil))
	id := b.create(map[string]any{"action": "echo", "parameters": echo{File: name}}).ID
	require.True(t, b.awaitClosed(id).HasFile)
	a := b.do(http.MethodGet, "/api/v1/tasks/"+id+"/file", nil)
	require.Equal(t, http.StatusOK, a.StatusCode)
	require.Equal(t, "a,b\n1,2\n", string(a.body))
	require.Equal(t, "attachment; filename*=utf-8''Z%C3%BCrich%20list.csv", a.Header.Get("Content-Disposition"))
	require.NotEmpty(t, a.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	require.NoError(t, b.files.Delete(t.Context(), name))
	require.Equal(t, "File not found.", readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/"+id+"/file", nil), http.StatusNotFound).Detail)
	require.False(t, b.awaitClosed(id).HasFile)

	none := b.create(map[string]any{"action": "echo"}).ID
	b.awaitClosed(none)
	require.Equal(t, "Filename not found in report.", readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/"+none+"/file", nil), http.StatusNotFound).Detail)

	failed := b.create(map[string]any{"action": "echo", "parameters": echo{Fail: true}}).ID
	b.awaitClosed(failed)
	require.Equal(t, `Task "`+failed+`" is not downloadable.`, readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/"+failed+"/file", nil), http.StatusConflict).Detail)

	readProblem(t, b.do(http.MethodGet, "/api/v1/tasks/nobody/file", nil), http.StatusNotFound)
}

// setupInFolder keeps the files of the bundle in a local folder, as the standalone does.
func setupInFolder(t *testing.T) *bundle {
	t.Helper()
	folder, err := fileblob.OpenBucket(t.TempDir(), nil)
	require.NoError(t, err)
	return setupFiles(t, folder)
}

func TestDownloadInParts(t *testing.T) {
	t.Parallel()
	b := setupInFolder(t)
	b.work()
	content := make([]byte, 3<<20)
	for i := range content {
		content[i] = byte(i >> 8)
	}
	require.NoError(t, b.files.WriteAll(t.Context(), "large.bin", content, &blob.WriterOptions{ContentType: "application/x-large"}))
	id := b.create(map[string]any{"action": "echo", "parameters": echo{File: "large.bin"}}).ID
	b.awaitClosed(id)
	path := "/api/v1/tasks/" + id + "/file"
	get := func(header ...string) answer { t.Helper(); return b.do(http.MethodGet, path, nil, header...) }

	whole := get()
	require.Equal(t, http.StatusOK, whole.StatusCode)
	require.True(t, bytes.Equal(content, whole.body))
	require.Equal(t, "bytes", whole.Header.Get("Accept-Ranges"))
	require.Equal(t, "application/x-large", whole.Header.Get("Content-Type"))
	require.Equal(t, strconv.Itoa(len(content)), whole.Header.Get("Content-Length"))
	tag, modified := whole.Header.Get("ETag"), whole.Header.Get("Last-Modified")
	require.NotEmpty(t, tag)
	require.NotEmpty(t, modified)

	head := b.do(http.MethodHead, path, nil)
	require.Equal(t, http.StatusOK, head.StatusCode)
	require.Empty(t, head.body)
	for _, name := range []string{"Content-Length", "Content-Type", "Content-Disposition", "Accept-Ranges", "ETag", "Last-Modified"} {
		require.Equal(t, whole.Header.Get(name), head.Header.Get(name), name)
	}
	require.Equal(t, http.StatusNotFound, b.do(http.MethodHead, "/api/v1/tasks/nobody/file", nil).StatusCode)

	const middle = 1<<20 + 17
	for name, c := range map[string]struct {
		header []string
		status int
		want   []byte
		ranged string
	}{
		"a part":              {[]string{"Range", fmt.Sprintf("bytes=%d-%d", middle, middle+99)}, 206, content[middle : middle+100], fmt.Sprintf("bytes %d-%d/%d", middle, middle+99, len(content))},
		"the rest":            {[]string{"Range", fmt.Sprintf("bytes=%d-", middle)}, 206, content[middle:], fmt.Sprintf("bytes %d-%d/%d", middle, len(content)-1, len(content))},
		"the end":             {[]string{"Range", "bytes=-10"}, 206, content[len(content)-10:], fmt.Sprintf("bytes %d-%d/%d", len(content)-10, len(content)-1, len(content))},
		"of the same":         {[]string{"Range", "bytes=0-9", "If-Range", tag}, 206, content[:10], fmt.Sprintf("bytes 0-9/%d", len(content))},
		"since the same time": {[]string{"Range", "bytes=0-9", "If-Range", modified}, 206, content[:10], fmt.Sprintf("bytes 0-9/%d", len(content))},
		"of another":          {[]string{"Range", "bytes=0-9", "If-Range", `"other"`}, 200, content, ""},
		"expected":            {[]string{"If-Match", tag}, 200, content, ""},
		"behind the end":      {[]string{"Range", "bytes=9999999-"}, 416, nil, fmt.Sprintf("bytes */%d", len(content))},
		"known":               {[]string{"If-None-Match", tag}, 304, []byte{}, ""},
		"not modified":        {[]string{"If-Modified-Since", modified}, 304, []byte{}, ""},
		"not expected":        {[]string{"If-Match", `"other"`}, 412, []byte{}, ""},
	} {
		a := get(c.header...)
		require.Equal(t, c.status, a.StatusCode, name)
		require.Equal(t, c.ranged, a.Header.Get("Content-Range"), name)
		if c.want != nil {
			require.True(t, bytes.Equal(c.want, a.body), name)
		}
	}

	several := get("Range", "bytes=0-4,100000-100009")
	require.Equal(t, http.StatusPartialContent, several.StatusCode)
	_, parameters, err := mime.ParseMediaType(several.Header.Get("Content-Type"))
	require.NoError(t, err)
	parts := multipart.NewReader(bytes.NewReader(several.body), parameters["boundary"])
	for _, want := range [][]byte{content[:5], content[100000:100010]} {
		part, err := parts.NextPart()
		require.NoError(t, err)
		got, err := io.ReadAll(part)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}

	// Another content is another file: a download that broke off begins anew.
	require.NoError(t, b.files.WriteAll(t.Context(), "large.bin", []byte("short"), nil))
	changed := get("Range", "bytes=2-", "If-Range", tag)
	require.Equal(t, http.StatusOK, changed.StatusCode)
	require.Equal(t, "short", string(changed.body))
}

// away is a bucket that answers with errors. Only what is used of a driver is there.
type away struct{ driver.Bucket }

func (away) Attributes(context.Context, string) (*driver.Attributes, error) {
	return nil, errors.New("secret of the storage")
}

func (away) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.Unknown }

func (away) Close() error { return nil }

// A list is worth more than what it says of files: it does not fail because of a name that no file can have, nor because the storage does.
func TestTasksAreShownWhateverTheStorageSays(t *testing.T) {
	t.Parallel()
	folder := setupInFolder(t)
	b := setupFiles(t, blob.NewBucket(away{}))
	for name, c := range map[string]struct {
		*bundle

		download int
		hasFile  []byte
	}{
		"a name that no file can have": {folder, http.StatusNotFound, []byte(`"hasFile":false`)},
		"a storage that fails":         {b, http.StatusInternalServerError, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.work()
			id := c.create(map[string]any{"action": "echo", "parameters": echo{File: strings.Repeat("x", 300)}, "label": "shown"}).ID
			c.awaitClosed(id)
			query := "?queue=" + c.queue + "&status=completed"
			c.await("the index knows", func() bool {
				return read[list](t, c.do(http.MethodGet, "/api/v1/tasks"+query, nil), http.StatusOK).Total == 1
			})
			for _, a := range []answer{
				c.do(http.MethodGet, "/api/v1/tasks"+query, nil), c.do(http.MethodGet, "/api/v1/tasks/"+id, nil),
				c.do(http.MethodGet, "/api/v1/tasks/"+id+"/tree", nil),
				c.do(http.MethodPost, "/api/v1/tasks/search", `{"filters":[{"column":"id","op":"eq","value":"`+id+`"}]}`),
				c.do(http.MethodPost, "/api/v1/datatable", map[string]any{"filtercolumns": map[string]any{"id": id}}),
				c.do(http.MethodGet, core+"/get?taskId="+id, nil, ajax...),
			} {
				require.Equal(t, http.StatusOK, a.StatusCode, "%s: %s", a.Request.URL, a.body)
				require.Contains(t, string(a.body), `"shown"`, "%s", a.Request.URL)
				require.Equal(t, c.hasFile != nil, bytes.Contains(a.body, []byte(`"hasFile"`)), "%s", a.body)
				require.Contains(t, string(a.body), string(c.hasFile))
			}
			e, told := c.follow("/api/v1/tasks/" + id + "/events").next()
			require.True(t, told)
			require.Contains(t, e.data, `"shown"`)
			a := c.do(http.MethodGet, "/api/v1/tasks/"+id+"/file", nil)
			readProblem(t, a, c.download)
			require.NotContains(t, string(a.body), "secret")
		})
	}
}

// empty is a bucket that counts how often it is asked, and has nothing.
type empty struct {
	driver.Bucket

	asked atomic.Int32
}

func (c *empty) Attributes(context.Context, string) (*driver.Attributes, error) {
	c.asked.Add(1)
	return nil, errors.New("there is none")
}

func (*empty) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.NotFound }

func (*empty) Close() error { return nil }

// However many follow a task, the storage is asked once for all of them.
func TestEventStreamsLookForAFileTogether(t *testing.T) {
	t.Parallel()
	files := &empty{}
	b := setupFiles(t, blob.NewBucket(files))
	id := b.create(map[string]any{"action": "echo", "parameters": echo{File: "out.csv"}}).ID
	var streams []*stream
	for i := range 20 {
		path := "/api/v1/tasks/" + id + "/events"
		if i%2 == 1 {
			path = "/api/v1/events?queue=" + b.queue
		}
		s := b.follow(path)
		_, told := s.next()
		require.True(t, told)
		streams = append(streams, s)
	}
	b.work()
	for _, s := range streams {
		for {
			e, told := s.next()
			require.True(t, told)
			if strings.Contains(e.data, `"completed"`) {
				require.Contains(t, e.data, `"hasFile":false`)
				break
			}
		}
	}
	require.LessOrEqual(t, files.asked.Load(), int32(4), "the task's topic asks once, the list's when the index changes")
}
