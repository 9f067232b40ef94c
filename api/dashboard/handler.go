// Package dashboard is the web page of the task queue. It is plain HTML, CSS and ES modules, without a build step, and does everything
// through the REST API.
package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assets embed.FS

// Config says what the dashboard is told of its surroundings. Everybody who can load it may read that.
type Config struct {
	// TemporalUI is the address of the Temporal Web UI, for links to the workflows of tasks: http://127.0.0.1:8233. Default: none, so
	// there are no links.
	TemporalUI string `json:"temporalUi"`
	// Namespace of the tasks, for these links.
	Namespace string `json:"namespace"`
}

// policy keeps the page to what is served here: no script, style or request of anywhere else, none that is part of the page's text, and no
// text that a script makes HTML of.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// file is a file as it is served.
type file struct {
	mediaType string
	etag      string
	content   []byte
}

// Handler serves the page at / and its files below /assets/.
func Handler(config Config) http.Handler {
	files := map[string]file{}
	add := func(name string, content []byte) {
		hash := sha256.Sum256(content)
		files[name] = file{mediaTypes[path.Ext(name)], `"` + hex.EncodeToString(hash[:12]) + `"`, content}
	}
	must(fs.WalkDir(assets, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := assets.ReadFile(name)
		add("/"+name, content)
		return err
	}))
	settings, err := json.Marshal(config)
	must(err)
	add("/assets/settings.json", settings)
	files["/"] = files["/assets/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r)
	})
}

// mediaTypes are those of the files that there are; the system's own table may know others.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.mediaType)
	header.Set("ETag", f.etag)
	header.Set("Cache-Control", "no-cache") // kept, but asked for each time: an update of the program shows at once
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(known), "W/") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = w.Write(f.content) // the client may have gone
}

// must panics on errors that embedded files and strings cannot have.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
