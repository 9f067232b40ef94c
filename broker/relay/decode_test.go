package relay

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
)

func TestMessagesOfThePHPSystem(t *testing.T) {
	t.Parallel()
	const class = `"taskFqcn":"oat\\tao\\model\\taskQueue\\Task\\CallbackTask"`
	long := strings.Repeat("ä", 300)
	for name, c := range map[string]struct {
		metadata, parameters string
		want                 func(*task.Task)
	}{
		"the class itself":  {`"__id__":"1"`, `[]`, func(k *task.Task) { k.Action = `oat\tao\model\taskQueue\Task\CallbackTask` }},
		"a class":           {`"__id__":"1","__callable__":"\\acme\\Job"`, `[]`, func(k *task.Task) { k.Action = `acme\Job` }},
		"a mapped class":    {`"__id__":"1","__callable__":"acme\\jobs\\Nightly"`, `[]`, func(k *task.Task) { k.Action = "nightly" }},
		"a static method":   {`"__id__":"1","__callable__":["acme\\Job","run"]`, ``, func(k *task.Task) { k.Action = `acme\Job::run` }},
		"a list":            {`"__id__":"1","__callable__":"a"`, `["x", 2]`, func(k *task.Task) { k.Action, k.Parameters = "a", json.RawMessage(`["x", 2]`) }},
		"nulls":             {`"__id__":"1","__owner__":null,"__label__":null,"__callable__":null`, `null`, func(k *task.Task) { k.Action = `oat\tao\model\taskQueue\Task\CallbackTask` }},
		"no master":         {`"__id__":"1","__callable__":"a","__master_status__":0`, `[]`, func(k *task.Task) { k.Action = "a" }},
		"a master, as text": {`"__id__":"1","__callable__":"a","__master_status__":"1"`, `[]`, func(k *task.Task) { k.Action, k.Master = "a", true }},
		"a long label":      {`"__id__":"1","__callable__":"a","__label__":"` + long + `"`, `[]`, func(k *task.Task) { k.Action, k.Label = "a", strings.Repeat("ä", 254)+"…" }},
		"a time": {`"__id__":"1","__callable__":"a","__created_at__":"2025-01-01T01:00:00+01:00"`, `[]`, func(k *task.Task) {
			k.Action, k.CreatedAt = "a", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		}},
		"a trace": {`"__id__":"1","__callable__":"a","__otel_trace_context__":{"traceparent":"00-x-y-01"}`, `[]`, func(k *task.Task) {
			k.Action, k.TraceParent = "a", "00-x-y-01"
		}},
	} {
		body := `{` + class + `,"metadata":{` + c.metadata + `}`
		if c.parameters != "" {
			body += `,"parameters":` + c.parameters
		}
		got, foreign, err := decode([]byte(body+"}"), map[string]string{`acme\jobs\Nightly`: "nightly"})
		require.NoError(t, err, name)
		require.True(t, foreign, name)
		want := &task.Task{ID: "1", Parameters: task.EmptyParameters}
		c.want(want)
		require.Equal(t, want, got, name)
	}
	_, _, err := decode([]byte(`{`+class+`,"metadata":{"__id__":"1","__created_at__":"yesterday"}}`), nil)
	require.ErrorContains(t, err, `__created_at__ is "yesterday"`)
}

func TestAMessageCannotPretendToBeARecord(t *testing.T) {
	t.Parallel()
	got, foreign, err := decode([]byte(`{"id":"1","action":"a","archived":true,"supersedes":"r","runOn":"q"}`), nil)
	require.NoError(t, err)
	require.False(t, foreign)
	require.Equal(t, &task.Task{ID: "1", Action: "a", Parameters: task.EmptyParameters}, got)
}
