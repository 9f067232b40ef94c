package config

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/doctest"
)

// TestTheReferenceIsThatOfTheKeys makes the page's tables of the table of keys and of what example.yaml, which another test holds to the
// defaults, says of each.
func TestTheReferenceIsThatOfTheKeys(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("example.yaml")
	require.NoError(t, err)
	described := readExample(string(text))
	var b strings.Builder
	section := ""
	row := func(path, variable string) {
		d, ok := described[path]
		require.True(t, ok, "example.yaml lacks %s", path)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", path, variable, d.value, d.comment)
	}
	begin := func(next string) {
		if next != section {
			fmt.Fprintf(&b, "\n| key | environment variable | default | |\n|---|---|---|---|\n")
		}
		section = next
	}
	for _, k := range keys {
		top, _, nested := strings.Cut(k.path, ".")
		switch {
		case nested && top != section:
			fmt.Fprintf(&b, "\n## %s\n", top)
			begin(top)
		case !nested:
			begin("general")
		}
		row(k.path, "`"+k.variable+"`")
	}
	fmt.Fprintf(&b, "\n## Each of queues\n")
	begin("queues")
	for _, k := range keysOf(reflect.TypeFor[Queue](), "queues[].", nil) {
		row(k.path, "")
	}
	doctest.RequireSection(t, "docs/configuration.md", "keys", b.String())
}

type description struct{ value, comment string }

// readExample returns the value and the comment of each key of example.yaml by its path. What a comment shows as an example of YAML is left
// out: on the page it would have no lines.
func readExample(text string) map[string]description {
	found := map[string]description{}
	type level struct {
		indent int
		path   string
	}
	var levels []level
	var comment []string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(trimmed, "#"); ok {
			comment = append(comment, strings.TrimSpace(rest))
			continue
		}
		name, value, isKey := strings.Cut(trimmed, ":")
		if !isKey {
			comment = nil
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " -"))
		for len(levels) > 0 && levels[len(levels)-1].indent >= indent {
			levels = levels[:len(levels)-1]
		}
		path := ""
		if len(levels) > 0 {
			path = levels[len(levels)-1].path + "."
		}
		if path == "queues." {
			path = "queues[]."
		}
		path += strings.TrimPrefix(name, "- ")
		levels = append(levels, level{indent, path})
		text, _, _ := strings.Cut(strings.Join(comment, " "), " As an example:")
		text = strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`).Replace(text)
		if value = strings.TrimSpace(value); value != "" {
			value = "`" + value + "`"
		}
		found[path] = description{value, text}
		comment = nil
	}
	return found
}
