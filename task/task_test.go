package task_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
)

func TestEveryStatusHasItsGroupAndLabel(t *testing.T) {
	t.Parallel()
	for status, want := range map[task.Status]struct {
		group task.Group
		label string
	}{
		task.Enqueued:     {task.GroupCreated, "Queued"},
		task.Dequeued:     {task.GroupInProgress, "In Progress"},
		task.Running:      {task.GroupInProgress, "In Progress"},
		task.ChildRunning: {task.GroupInProgress, "In Progress"},
		task.Completed:    {task.GroupCompleted, "Completed"},
		task.Failed:       {task.GroupFailed, "Failed"},
		task.Archived:     {task.GroupArchived, "Archived"},
		task.Cancelled:    {task.GroupCancelled, "Cancelled"},
		task.Unknown:      {task.GroupFailed, "Failed"},
	} {
		require.Equal(t, want.group, status.Group(), status)
		require.Equal(t, want.label, status.Label(), status)
	}
	require.Equal(t, []task.Status{task.Dequeued, task.Running, task.ChildRunning}, task.GroupInProgress.Statuses())
}

func TestUnknownStatusIsNeverAccepted(t *testing.T) {
	t.Parallel()
	for _, s := range task.Statuses() {
		got, err := task.ParseStatus(string(s))
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
	for _, name := range []string{"unknown", "", "done", "COMPLETED"} {
		_, err := task.ParseStatus(name)
		require.ErrorContains(t, err, "is not valid")
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	require.Equal(t, []task.Category{"create", "update", "delete", "copy", "import", "export", "delivery_comp", "unrelated_resource"}, task.Categories())
	c, err := task.ParseCategory("")
	require.NoError(t, err)
	require.Equal(t, task.CategoryUnknown, c)
	_, err = task.ParseCategory("misc")
	require.ErrorContains(t, err, `category "misc" is not a valid category`)
}

func TestAReportFailsByAnErrorAnywhereInTheTree(t *testing.T) {
	t.Parallel()
	deep := task.Info("a").Add(task.Success("b").Add(task.Warning("c").Add(task.Error("d"))))
	require.Equal(t, task.Failed, deep.Status())
	require.True(t, deep.Contains(task.TypeWarning))
	require.False(t, deep.Contains(task.TypeInfo), "a report does not contain itself")
	require.Equal(t, task.Completed, task.Warning("only a warning").Status())
	require.Equal(t, task.Failed, task.Error("x").Status())
	require.Equal(t, []string{"a", "b", "c", "d"}, deep.Messages())
	require.Equal(t, "info: a\n  success: b\n    warning: c\n      error: d", deep.String())
}

func TestTheFileOfAReport(t *testing.T) {
	t.Parallel()
	resource := map[string]any{"uriResource": "http://example.org/r#1"}
	require.Equal(t, "out.csv", task.Info("root").Add(
		task.Success("made").WithData(resource), task.Success("wrote").WithData("out.csv")).FileName())
	require.Equal(t, "http://example.org/r#1", task.Info("root").Add(task.Success("made").WithData(resource)).FileName())
	require.Empty(t, task.Info("root").Add(task.Info("wrote").WithData("out.csv")).FileName(), "only success reports leave files")
	require.Empty(t, task.Info("root").Add(task.Success("wrote").WithData("out.csv"), task.Error("but")).FileName())
	require.Equal(t, "http://example.org/r#1", task.Info("root").Add(task.Info("x").Add(task.Success("made").WithData(resource))).ResourceURI())
}

func TestReportJSON(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(task.Report{Type: task.TypeInfo, Message: "m"})
	require.NoError(t, err)
	require.Equal(t, `{"type":"info","message":"m","data":null,"children":[]}`, string(encoded))
	require.Error(t, task.Report{Type: "fatal"}.Validate())
	require.Error(t, task.Info("x").Add(task.Report{}).Validate())
}

func TestParametersAreJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		params any
		want   string
	}{
		{nil, "{}"},
		{json.RawMessage(nil), "{}"},
		{json.RawMessage("null"), "{}"},
		{json.RawMessage(` {"a": 1} `), `{"a": 1}`},
		{[]byte(`[1]`), `[1]`},
		{map[string]int{"n": 2}, `{"n":2}`},
		{"text", `"text"`},
	} {
		got, err := task.EncodeParameters(c.params)
		require.NoError(t, err)
		require.Equal(t, c.want, string(got))
	}
	for _, params := range []any{json.RawMessage(`{"a":`), make(chan int)} {
		_, err := task.EncodeParameters(params)
		var invalid *task.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "parameters", invalid.Field)
	}
}

func TestValidateNamesTheWrongField(t *testing.T) {
	t.Parallel()
	valid := func() *task.Task {
		return &task.Task{ID: task.NewID(), Action: "a", Parameters: task.EmptyParameters, Metadata: task.Metadata{Queue: "q", CreatedAt: time.Now()}}
	}
	require.NoError(t, valid().Validate())
	long := strings.Repeat("ä", 255)
	fits := valid()
	fits.Label, fits.Owner = long, long
	require.NoError(t, fits.Validate(), "255 characters are allowed, whatever their bytes")
	for field, spoil := range map[string]func(*task.Task){
		"id":         func(t *task.Task) { t.ID = "Zürich" },
		"action":     func(t *task.Task) { t.Action = "" },
		"queue":      func(t *task.Task) { t.Queue = "" },
		"label":      func(t *task.Task) { t.Label = long + "x" },
		"owner":      func(t *task.Task) { t.Owner = "\xff" },
		"parentId":   func(t *task.Task) { t.ParentID = task.ID(long + "x") },
		"category":   func(t *task.Task) { t.Category = "misc" },
		"parameters": func(t *task.Task) { t.Parameters = json.RawMessage("{") },
		"priority":   func(t *task.Task) { t.Priority = 6 },
	} {
		spoilt := valid()
		spoil(spoilt)
		var invalid *task.InvalidError
		require.ErrorAs(t, spoilt.Validate(), &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
}

func TestIDsSortByTime(t *testing.T) {
	t.Parallel()
	last := task.NewID()
	for range 1000 {
		next := task.NewID()
		require.Greater(t, next, last)
		last = next
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "TASK mail.send [42]", (&task.Task{ID: "42", Action: "mail.send"}).String())
}
