package deployments

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"
)

const runbooks = "https://github.com/distributed-task-queue/taskqueue/blob/main/docs/runbooks/"

func readAlerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile("helm/taskqueue/files/alerts.yaml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	require.Empty(t, errs)
	require.Len(t, groups.Groups, 1)
	return groups.Groups[0].Rules
}

func TestAlertsUseMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := documentedMetrics(t)
	for _, alert := range readAlerts(t) {
		known.check(t, alert.Expr)
		require.Contains(t, []string{"critical", "warning", "info"}, alert.Labels["severity"], alert.Alert)
		require.NotEmpty(t, alert.Annotations["summary"], alert.Alert)
	}
}

func TestEveryAlertHasItsRunbook(t *testing.T) {
	t.Parallel()
	var wanted []string
	for _, alert := range readAlerts(t) {
		require.Equal(t, runbooks+alert.Alert+".md", alert.Annotations["runbook_url"])
		path := "../docs/runbooks/" + alert.Alert + ".md"
		wanted = append(wanted, path)
		page, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(page), "# "+alert.Alert+"\n\nSeverity: "+alert.Labels["severity"]+".\n"), path)
		for _, part := range []string{"\n## Meaning\n", "\n## Look\n", "\n## Do\n"} {
			require.Contains(t, string(page), part, path)
		}
	}
	found, err := filepath.Glob("../docs/runbooks/*.md")
	require.NoError(t, err)
	require.ElementsMatch(t, append(wanted, "../docs/runbooks/README.md"), found)
	index, err := os.ReadFile("../docs/runbooks/README.md")
	require.NoError(t, err)
	for _, alert := range readAlerts(t) {
		require.Contains(t, string(index), "("+alert.Alert+".md)")
	}
}

// unknownAction is the reason with which workers hand tasks back that they do not know.
const unknownAction = "the action is not known to this worker"

// fires tells of each alert what makes it fire, and what does not, in Prometheus' notation for tests: a series a line with its values of each
// minute. The expressions are evaluated after half an hour, or at the time given.
var fires = map[string]struct {
	firing, quiet string
	at            time.Duration
	labels        map[string]string // of what fires
}{
	"TaskQueueTargetIsDown": {
		firing: `up{job="taskqueue-worker",instance="a"} 0x30`,
		quiet:  "up{job=\"taskqueue-worker\",instance=\"a\"} 1x30\n up{job=\"other\",instance=\"a\"} 0x30",
		labels: map[string]string{"instance": "a"},
	},
	"QueuesAreNotMeasured": { // of one of them the store is away
		firing: "taskqueue_queue_waiting{queue=\"p\"} 0x30\n taskqueue_queue_workers{queue=\"p\"} 1x30\n taskqueue_queue_workers{queue=\"q\"} 1x30",
		quiet:  "taskqueue_queue_waiting{queue=\"q\"} 0x30\n taskqueue_queue_workers{queue=\"q\"} 1x30",
		labels: map[string]string{"queue": "q"},
	},
	"QueueHasNoWorkers": {
		firing: "taskqueue_queue_workers{queue=\"q\",instance=\"a\"} 0x30\n taskqueue_queue_waiting{queue=\"q\",instance=\"a\"} 3x30",
		quiet: "taskqueue_queue_workers{queue=\"q\"} 0x30\n taskqueue_queue_waiting{queue=\"q\"} 0x30\n" +
			" taskqueue_queue_workers{queue=\"busy\"} 1x30\n taskqueue_queue_waiting{queue=\"busy\"} 5x30",
		labels: map[string]string{"queue": "q"},
	},
	"TasksWaitLong": {
		firing: "taskqueue_queue_oldest_age_seconds{queue=\"q\"} 901x30\n taskqueue_queue_paused{queue=\"q\"} 0x30",
		quiet:  "taskqueue_queue_oldest_age_seconds{queue=\"q\"} 901x30\n taskqueue_queue_paused{queue=\"q\"} 1x30",
		labels: map[string]string{"queue": "q"},
	},
	"QueueIsPausedForLong": {
		firing: "taskqueue_queue_paused{queue=\"q\"} 1x1500\n taskqueue_queue_waiting{queue=\"q\"} 1x1500",
		quiet:  "taskqueue_queue_paused{queue=\"q\"} 0x1400 1x100\n taskqueue_queue_waiting{queue=\"q\"} 1x1500",
		at:     25 * time.Hour, labels: map[string]string{"queue": "q"},
	},
	"WorkersAreSaturated": {
		firing: "taskqueue_worker_running{instance=\"a\",task_queue=\"p\"} 1x30\n taskqueue_worker_running{instance=\"a\",task_queue=\"q\"} 3x30\n" +
			" taskqueue_worker_permits{instance=\"a\",task_queue=\"p\"} 4x30\n taskqueue_worker_permits{instance=\"a\",task_queue=\"q\"} 4x30\n" +
			" taskqueue_queue_waiting{queue=\"q\"} 9x30",
		quiet: "taskqueue_worker_running{instance=\"a\",task_queue=\"q\"} 4x30\n taskqueue_worker_permits{instance=\"a\",task_queue=\"q\"} 4x30\n" +
			" taskqueue_queue_waiting{queue=\"q\"} 0x30",
		labels: map[string]string{"instance": "a"},
	},
	"WorkerIsAtItsLimits": {
		firing: `taskqueue_worker_full{instance="a",task_queue="q"} 1x30`, quiet: `taskqueue_worker_full{instance="a",task_queue="q"} 0x30`,
		labels: map[string]string{"instance": "a"},
	},
	"TasksFail": {
		firing: "taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"failed\"} 0+1x30\n" +
			" taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"completed\"} 0+3x30",
		quiet: "taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"failed\"} 0+1x30\n" +
			" taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"completed\"} 0+9x30\n" +
			" taskqueue_task_seconds_count{task_queue=\"q\",action=\"rare\",status=\"failed\"} 0x29 1",
		labels: map[string]string{"task_queue": "q", "action": "a"},
	},
	"ActionIsUnknown": {
		firing: `taskqueue_handed_back_total{task_queue="q",activity_type="a",reason="` + unknownAction + `"} 0+1x30`,
		quiet:  `taskqueue_handed_back_total{task_queue="q",activity_type="a",reason="no permit became free in time"} 0+1x30`,
		labels: map[string]string{"task_queue": "q", "activity_type": "a"},
	},
	"EnqueuingFails": {
		firing: `taskqueue_enqueued_total{queue="q",broker="temporal",result="failed"} 0+1x30`,
		quiet:  `taskqueue_enqueued_total{queue="q",broker="temporal",result="refused"} 0+1x30`,
		labels: map[string]string{"queue": "q", "broker": "temporal"},
	},
	"TasksDoNotReachTemporal": {
		firing: `taskqueue_relay_oldest_age_seconds{queue="q",broker="rds"} 61x30`, quiet: `taskqueue_relay_oldest_age_seconds{queue="q",broker="rds"} 5x30`,
		labels: map[string]string{"queue": "q"},
	},
	"MessagesWereSetAside": {
		firing: `taskqueue_relay_set_aside{queue="q",broker="rds"} 2x30`, quiet: `taskqueue_relay_set_aside{queue="q",broker="rds"} 0x30`,
		labels: map[string]string{"queue": "q"},
	},
	"TaskLogIndexIsBehind": {
		firing: "taskqueue_log_index_up 0x30", quiet: "taskqueue_log_index_up 1x30\n taskqueue_log_index_lag_seconds 0.5x30",
	},
	"TaskLogIsNotMeasured": {
		firing: "taskqueue_log_index_measured_timestamp_seconds 900x30", quiet: "taskqueue_log_index_measured_timestamp_seconds 1700x30",
	},
	"ApiAnswersWithErrors": {
		firing: "taskqueue_api_requests_total{route=\"/\",status=\"500\"} 0+1x30\n taskqueue_api_requests_total{route=\"/\",status=\"200\"} 0+9x30",
		quiet: "taskqueue_api_requests_total{route=\"/readyz\",status=\"503\"} 0+9x30\n taskqueue_api_requests_total{route=\"/\",status=\"404\"} 0+9x30\n" +
			" taskqueue_api_requests_total{route=\"/\",status=\"500\"} 0x30",
	},
	"ApiIsSlow": {
		firing: "taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"1\"} 0x30\n" +
			" taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"5\"} 0+9x30\n taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"+Inf\"} 0+9x30",
		quiet: "taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"1\"} 0+9x30\n" +
			" taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"+Inf\"} 0+9x30",
		labels: map[string]string{"route": "/api/v1/tasks"},
	},
	"TemporalCallsFail": {
		firing: "temporal_request_failure_total{job=\"j\",operation=\"o\",status_code=\"UNAVAILABLE\"} 0+1x30\n temporal_request_total{job=\"j\",operation=\"o\"} 0+9x30",
		quiet:  "temporal_request_failure_total{job=\"j\",operation=\"o\",status_code=\"ALREADY_EXISTS\"} 0+5x30\n temporal_request_total{job=\"j\",operation=\"o\"} 0+9x30",
		labels: map[string]string{"job": "j"},
	},
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../worker/handback.go")
	require.NoError(t, err)
	require.Contains(t, string(source), `const ReasonUnknownAction = "`+unknownAction+`"`)
	for _, alert := range readAlerts(t) {
		when, ok := fires[alert.Alert]
		require.True(t, ok, "nothing tells when %s fires", alert.Alert)
		at := cmp.Or(when.at, 30*time.Minute)
		require.Empty(t, evaluate(t, when.quiet, alert.Expr, at), alert.Alert)
		firing := evaluate(t, when.firing, alert.Expr, at)
		require.Len(t, firing, 1, alert.Alert)
		for label, value := range when.labels {
			require.Equal(t, value, firing[0].Metric.Get(label), alert.Alert)
		}
	}
}

// evaluate returns what an expression has as its value at the time, after these series.
func evaluate(t *testing.T, series, expression string, at time.Duration) promql.Vector {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 1m\n "+series+"\n")
	defer storage.Close()
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, promqltest.DefaultMaxSamplesPerQuery)
	query, err := engine.NewInstantQuery(t.Context(), storage, nil, expression, time.Unix(0, 0).Add(at))
	require.NoError(t, err)
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	require.NoError(t, err, expression)
	return vector
}
