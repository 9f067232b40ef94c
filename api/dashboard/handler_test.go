package dashboard

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	Handler(Config{TemporalUI: "http://127.0.0.1:8233", Namespace: "default"}).ServeHTTP(recorder, request)
	return recorder
}

func TestEveryFileIsServedWithItsTypeAndPolicy(t *testing.T) {
	t.Parallel()
	size := 0
	require.NoError(t, fs.WalkDir(assets, "assets", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() {
			return nil
		}
		content, err := assets.ReadFile(name)
		require.NoError(t, err)
		size += len(content)
		got := get(t, "/"+name)
		require.Equal(t, http.StatusOK, got.Code, name)
		require.Equal(t, string(content), got.Body.String(), name)
		require.NotEmpty(t, got.Header().Get("Content-Type"), name)
		require.Contains(t, got.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';")
		require.Equal(t, "no-cache", got.Header().Get("Cache-Control"))
		etag := got.Header().Get("ETag")
		again := get(t, "/"+name, "If-None-Match", `"other", W/`+etag)
		require.Equal(t, http.StatusNotModified, again.Code, name)
		require.Empty(t, again.Body.String())
		return nil
	}))
	require.Less(t, size, 150<<10, "the dashboard is small")
}

func TestThePage(t *testing.T) {
	t.Parallel()
	page := get(t, "/")
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	for _, match := range regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		require.Equal(t, http.StatusOK, get(t, "/"+match[1]).Code, match[1])
	}
	require.JSONEq(t, `{"temporalUi":"http://127.0.0.1:8233","namespace":"default"}`, get(t, "/assets/settings.json").Body.String())
	for _, path := range []string{"/assets", "/assets/", "/assets/nothing.js", "/assets/../handler.go", "/index.html"} {
		require.Equal(t, http.StatusNotFound, get(t, path).Code, path)
	}
}

// What tasks say must never be read as HTML, and the policy allows no style in attributes.
func TestScriptsMakeNoHTMLOfTexts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://", "https://", "style="} {
		require.NoError(t, fs.WalkDir(assets, "assets", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".js") && !strings.HasSuffix(path, ".html") {
				return err
			}
			content, err := assets.ReadFile(path)
			require.NoError(t, err)
			text := strings.ReplaceAll(string(content), "http://www.w3.org/2000/svg", "")
			require.NotContains(t, text, name, path)
			return nil
		}))
	}
}
