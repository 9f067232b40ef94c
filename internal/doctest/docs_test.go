package doctest

import (
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sources say where code of a language in the documentation must come from.
var sources = map[string]string{"go": ".go", "python": ".py"}

// TestTheCodeInTheDocumentationIsOurs checks that code on the pages is code of the examples and tests, which are compiled and run. A line
// with nothing but … stands for what is left out there.
func TestTheCodeInTheDocumentationIsOurs(t *testing.T) {
	t.Parallel()
	pages := files(t, ".md")
	for language, suffix := range sources {
		ours := plain(strings.Join(slices.Collect(maps.Values(files(t, suffix))), "\n"))
		for name, page := range pages {
			for _, block := range blocks(page, language) {
				for part := range strings.SplitSeq(plain(block), "\n…\n") {
					if !strings.Contains(ours, "\n"+strings.Trim(part, "\n")+"\n") {
						t.Errorf("%s has code that is in no file *%s:\n%s", name, suffix, part)
					}
				}
			}
		}
	}
}

// plain returns code without what only lays it out, and with … for comments that stand for what is left out.
func plain(code string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for line := range strings.Lines(code) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "// …" || line == "# …" {
			line = "…"
		}
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	code    = regexp.MustCompile("`[^`\n]*`")
)

// TestEveryLinkLeadsSomewhere checks the links from page to page, and into pages. Those to other sites are not tried.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	pages := files(t, ".md")
	root := Root(t)
	for name, page := range pages {
		for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(fence.ReplaceAllString(page, ""), ""), -1) {
			target, err := url.Parse(found[1])
			require.NoError(t, err, "%s: %s", name, found[1])
			if target.Scheme != "" {
				continue
			}
			to := name
			if target.Path != "" {
				to = path.Join(path.Dir(name), target.Path)
				if _, err := os.Stat(filepath.Join(root, to)); err != nil {
					t.Errorf("%s links to %s: %v", name, found[1], err)
				}
			}
			if target.Fragment != "" {
				assert.Contains(t, anchors(pages[to]), target.Fragment, "%s links to %s", name, found[1])
			}
		}
	}
}

// anchors returns the names of a page's headings as GitHub makes them.
func anchors(page string) []string {
	var names []string
	seen := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, link.ReplaceAllString(found[1], "]"))
		if seen[name]++; seen[name] > 1 {
			continue // a second heading of that name has a number, which nobody should rely on
		}
		names = append(names, name)
	}
	return names
}

// TestTheMapHasEveryPage checks that each page of docs can be found from docs/README.md.
func TestTheMapHasEveryPage(t *testing.T) {
	t.Parallel()
	pages := files(t, ".md")
	for name := range pages {
		if strings.HasPrefix(name, "docs/") && name != "docs/README.md" && path.Dir(name) == "docs" {
			assert.Contains(t, pages["docs/README.md"], "("+path.Base(name)+")", "docs/README.md has no link to %s", name)
		}
	}
}
