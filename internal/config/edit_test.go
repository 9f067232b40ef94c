package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// edited returns the text of a file after a change, which must leave a valid configuration.
func edited(t *testing.T, text string, change func(*Editor) error) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "taskqueue.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	require.NoError(t, os.Chmod(file, 0o640)) // whatever the umask is
	e, err := Edit(file, nil)
	require.NoError(t, err)
	require.NoError(t, change(e))
	require.NoError(t, e.Save())
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o640, info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1)
	return string(after)
}

func TestAQueueIsChangedAndCommentsStay(t *testing.T) {
	t.Parallel()
	memory := func(name string) func(*Editor) error {
		return func(e *Editor) error {
			return e.SetQueue(name, yaml.MapSlice{{Key: "broker", Value: "memory"}, {Key: "receive", Value: 5}})
		}
	}
	require.Equal(t, `# the queues
queues:
  # fast ones
  - name: fast # quick
    broker: memory
    receive: 5
  - name: slow # not quick
    weight: 3
# the end
owner: jane
`, edited(t, `# the queues
queues:
  # fast ones
  - name: fast # quick
    broker: temporal
  - name: slow # not quick
    weight: 3
# the end
owner: jane
`, memory("fast")))
	require.Equal(t, "queues: [{name: fast, broker: memory, receive: 5}, {name: slow}]\n",
		edited(t, "queues: [{name: fast}, {name: slow}]\n", memory("fast")))
	require.Equal(t, "queues:\n  - name: fast\n  - name: slow\n    broker: memory\n    receive: 5\nowner: jane\n",
		edited(t, "queues:\n  - name: fast\nowner: jane\n", memory("slow")))
	require.Equal(t, "queues: [{name: fast}, {name: slow, broker: memory, receive: 5}]\n", edited(t, "queues: [{name: fast}]\n", memory("slow")))
	require.Equal(t, "owner: jane\nqueues:\n  - name: default\n  - name: slow\n    broker: memory\n    receive: 5\n",
		edited(t, "owner: jane\n", memory("slow")), "the default queue is not lost")
	require.Equal(t, "# nothing yet\nqueues:\n  - name: default\n    broker: memory\n    receive: 5\n", edited(t, "# nothing yet\n", memory("default")))
}

func TestEveryCommentOfTheExampleStays(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("example.yaml")
	require.NoError(t, err)
	after := edited(t, string(example), func(e *Editor) error {
		if err := e.SetQueue("default", yaml.MapSlice{{Key: "broker", Value: "memory"}}); err != nil {
			return err
		}
		if err := e.SetStrategy("strict"); err != nil {
			return err
		}
		return e.SetAssociation("csv.import", "default")
	})
	want := strings.NewReplacer("    broker: temporal", "    broker: memory", "strategy: weight", "strategy: strict",
		"associations: {}", "associations: {csv.import: default}").Replace(string(example))
	require.Equal(t, want, after)
}

func TestAssociationsAreSetAndRemoved(t *testing.T) {
	t.Parallel()
	set := func(action string) func(*Editor) error {
		return func(e *Editor) error { return e.SetAssociation(action, "default") }
	}
	require.Equal(t, "associations:\n  a.b: default\n", edited(t, "", set("a.b"))[1:])
	require.Equal(t, "owner: jane\nassociations:\n  \"a: b\": default\n", edited(t, "owner: jane\n", set("a: b")))
	block := edited(t, "associations:\n  # this one\n  one: default\n", set("two"))
	require.Equal(t, "associations:\n  # this one\n  one: default\n  two: default\n", block)
	require.Equal(t, block, edited(t, block, set("two")), "again")
	quoted := "queues: [{name: default}, {name: other}]\nassociations:\n  # this one\n  \"one\": other\n  'a: b': other\n  two: default\n"
	require.Equal(t, strings.NewReplacer(`"one": other`, `"one": default`, `'a: b': other`, `'a: b': default`).Replace(quoted),
		edited(t, quoted, func(e *Editor) error { return errors.Join(set("one")(e), set("a: b")(e)) }), "quotes are not part of the action")
	for action, want := range map[string]bool{"two": true, "three": false} {
		edited(t, block, func(e *Editor) error {
			found, err := e.RemoveAssociation(action)
			require.Equal(t, want, found)
			return err
		})
	}
	require.Equal(t, "associations: {}\n", edited(t, "associations: {a: default}\n", func(e *Editor) error {
		_, err := e.RemoveAssociation("a")
		return err
	}))
}

func TestNothingInvalidIsWritten(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "queues: [{name: a}]\n")
	e, err := Edit(file, nil)
	require.NoError(t, err)
	require.NoError(t, e.SetQueue("a", yaml.MapSlice{{Key: "broker", Value: "rds"}}))
	require.ErrorContains(t, e.Save(), "queues[0].persistence")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "queues: [{name: a}]\n", string(text))

	e, err = Edit(file, []string{"TASKQUEUE_QUEUES=[{name: b}]"})
	require.NoError(t, err)
	require.ErrorContains(t, e.SetQueue("a", nil), "TASKQUEUE_QUEUES wins over the file")

	e, err = Edit(filepath.Join(t.TempDir(), "new.yaml"), nil)
	require.NoError(t, err)
	require.NoError(t, e.SetAssociation("a", "default"))
	require.NoError(t, e.Save(), "the file need not exist")
}
