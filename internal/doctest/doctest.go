// Package doctest holds the documentation to the code: its links lead somewhere, its code is code that is compiled and run, and its
// tables of commands, keys and dependencies are those of the programs.
package doctest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Root returns the folder of the repository, which is that of go.work.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, parent, dir, "there is no go.work above this folder")
		dir = parent
	}
}

// files returns the files of the repository whose names end so, by their paths from its root.
func files(t testing.TB, suffix string) map[string]string {
	t.Helper()
	root := Root(t)
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && path != root
		switch {
		case d.IsDir() && (hidden || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(d.Name(), suffix):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		found[filepath.ToSlash(name)] = string(text)
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// blocks returns the code of a language on a page.
func blocks(page, language string) (code []string) {
	for _, block := range fence.FindAllStringSubmatch(page, -1) {
		if block[1] == language {
			code = append(code, block[2])
		}
	}
	return code
}

// envUpdate is the environment variable that makes RequireSection write what it would demand.
const envUpdate = "UPDATE_DOCS"

// RequireSection demands that a page has this text between the comments "begin NAME" and "end NAME". With UPDATE_DOCS=1 it puts it there.
func RequireSection(t testing.TB, page, name, want string) {
	t.Helper()
	path := filepath.Join(Root(t), page)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "%s lacks the comment %s", page, begin)
	section, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "%s lacks the comment %s", page, end)
	want = "\n" + strings.TrimSpace(want) + "\n\n"
	if os.Getenv(envUpdate) != "" {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+want+end+after), 0o644))
		return
	}
	require.Equal(t, want, section, "%s is not up to date; %s=1 go test writes it", page, envUpdate)
}
