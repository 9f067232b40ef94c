package dashboard

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// list returns the source of an array in a script.
func list(t *testing.T, file, name string) string {
	t.Helper()
	content, err := assets.ReadFile("assets/" + file)
	require.NoError(t, err)
	found := regexp.MustCompile(`(?s)const ` + name + ` = \[(.*?)\];`).FindSubmatch(content)
	require.NotNil(t, found, "%s has no %s", file, name)
	return string(found[1])
}

// texts returns what the pattern finds in the source, its first group.
func texts(source, pattern string) (all []string) {
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1) {
		all = append(all, match[1])
	}
	return all
}

// The scripts repeat some lists of the Go code, because they have no build step.
func TestScriptsKnowWhatTheCodeKnows(t *testing.T) {
	t.Parallel()
	kinds := map[string]tasklog.Kind{"text": tasklog.KindText, "status": tasklog.KindText, "time": tasklog.KindTime, "bool": tasklog.KindBool}
	var columns []tasklog.Column
	for _, row := range regexp.MustCompile(`\["(\w+)", "[^"]+", "(\w+)"\]`).FindAllStringSubmatch(list(t, "query.js", "columns"), -1) {
		column, err := tasklog.ParseColumn(row[1])
		require.NoError(t, err)
		require.Equal(t, kinds[row[2]], column.Kind(), row[1])
		columns = append(columns, column)
	}
	require.ElementsMatch(t, tasklog.Columns(), columns)

	pair := `\["(\w+)", "`
	equal := texts(list(t, "query.js", "equal"), pair)
	patterns := texts(list(t, "query.js", "patterns"), pair)
	offered := map[tasklog.Kind][]string{
		tasklog.KindText: append(append(texts(list(t, "query.js", "texts"), pair), equal...), patterns...),
		tasklog.KindTime: append(texts(list(t, "query.js", "times"), pair), equal...),
	}
	for kind, names := range offered {
		var taken []string
		for _, o := range tasklog.Operators() {
			if o.Takes(kind) {
				taken = append(taken, string(o))
			}
		}
		require.ElementsMatch(t, taken, names)
	}
	for _, name := range equal { // What an order of false and true would say is said by these.
		require.True(t, tasklog.Operator(name).Takes(tasklog.KindBool), name)
	}

	statuses := make([]string, 0, len(task.Statuses()))
	for _, s := range task.Statuses() {
		if s != task.Dequeued { // which is never written
			statuses = append(statuses, string(s))
		}
	}
	require.ElementsMatch(t, statuses, texts(list(t, "query.js", "statuses"), `"(\w+)"`))

	categories := []string{string(task.CategoryUnknown)}
	for _, c := range task.Categories() {
		categories = append(categories, string(c))
	}
	require.ElementsMatch(t, categories, texts(list(t, "enqueue.js", "categories"), `"(\w+)"`))
}
