package deployments

import (
	"cmp"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/template"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
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
	summary       string            // of what fires
}{
	"TaskQueueTargetIsDown": {
		summary: "taskqueue-worker on a does not answer",
		firing:  `up{job="taskqueue-worker",instance="a"} 0x30`,
		quiet:   "up{job=\"taskqueue-worker\",instance=\"a\"} 1x30\n up{job=\"other\",instance=\"a\"} 0x30",
		labels:  map[string]string{"instance": "a"},
	},
	"QueuesAreNotMeasured": { // of one of them the store is away
		summary: "What waits has not been measured for five minutes, in the queue q",
		firing:  "taskqueue_queue_waiting{queue=\"p\"} 0x30\n taskqueue_queue_workers{queue=\"p\"} 1x30\n taskqueue_queue_workers{queue=\"q\"} 1x30",
		quiet:   "taskqueue_queue_waiting{queue=\"q\"} 0x30\n taskqueue_queue_workers{queue=\"q\"} 1x30",
		labels:  map[string]string{"queue": "q"},
	},
	"QueueHasNoWorkers": {
		summary: "Tasks wait in the queue q, and no worker asks for them",
		firing:  "taskqueue_queue_workers{queue=\"q\",instance=\"a\"} 0x30\n taskqueue_queue_waiting{queue=\"q\",instance=\"a\"} 3x30",
		quiet: "taskqueue_queue_workers{queue=\"q\"} 0x30\n taskqueue_queue_waiting{queue=\"q\"} 0x30\n" +
			" taskqueue_queue_workers{queue=\"busy\"} 1x30\n taskqueue_queue_waiting{queue=\"busy\"} 5x30",
		labels: map[string]string{"queue": "q"},
	},
	"TasksWaitLong": {
		summary: "The next task of the queue q has waited for 15m 1s",
		firing:  "taskqueue_queue_oldest_age_seconds{queue=\"q\"} 901x30\n taskqueue_queue_paused{queue=\"q\"} 0x30",
		quiet:   "taskqueue_queue_oldest_age_seconds{queue=\"q\"} 901x30\n taskqueue_queue_paused{queue=\"q\"} 1x30",
		labels:  map[string]string{"queue": "q"},
	},
	"QueueIsPausedForLong": {
		summary: "The queue q has been paused for a day, and tasks wait in it",
		firing:  "taskqueue_queue_paused{queue=\"q\"} 1x1500\n taskqueue_queue_waiting{queue=\"q\"} 1x1500",
		quiet:   "taskqueue_queue_paused{queue=\"q\"} 0x1400 1x100\n taskqueue_queue_waiting{queue=\"q\"} 1x1500",
		at:      25 * time.Hour, labels: map[string]string{"queue": "q"},
	},
	"WorkersAreSaturated": {
		summary: "The worker a has used all its permits for half an hour, and tasks wait",
		firing: "taskqueue_worker_running{instance=\"a\",task_queue=\"p\"} 1x30\n taskqueue_worker_running{instance=\"a\",task_queue=\"q\"} 3x30\n" +
			" taskqueue_worker_permits{instance=\"a\",task_queue=\"p\"} 4x30\n taskqueue_worker_permits{instance=\"a\",task_queue=\"q\"} 4x30\n" +
			" taskqueue_queue_waiting{queue=\"q\"} 9x30",
		quiet: "taskqueue_worker_running{instance=\"a\",task_queue=\"q\"} 4x30\n taskqueue_worker_permits{instance=\"a\",task_queue=\"q\"} 4x30\n" +
			" taskqueue_queue_waiting{queue=\"q\"} 0x30",
		labels: map[string]string{"instance": "a"},
	},
	"WorkerIsAtItsLimits": {
		summary: "The worker a takes no tasks because its machine is at its limits",
		firing:  `taskqueue_worker_full{instance="a",task_queue="q"} 1x30`, quiet: `taskqueue_worker_full{instance="a",task_queue="q"} 0x30`,
		labels: map[string]string{"instance": "a"},
	},
	"TasksFail": {
		summary: "25% of the tasks a of the queue q fail",
		firing: "taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"failed\"} 0+1x30\n" +
			" taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"completed\"} 0+3x30",
		quiet: "taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"failed\"} 0+1x30\n" +
			" taskqueue_task_seconds_count{task_queue=\"q\",action=\"a\",status=\"completed\"} 0+9x30\n" +
			" taskqueue_task_seconds_count{task_queue=\"q\",action=\"rare\",status=\"failed\"} 0x29 1",
		labels: map[string]string{"task_queue": "q", "action": "a"},
	},
	"ActionIsUnknown": {
		summary: "Workers of the queue q do not know the action a",
		firing:  `taskqueue_handed_back_total{task_queue="q",activity_type="a",reason="` + unknownAction + `"} 0+1x30`,
		quiet:   `taskqueue_handed_back_total{task_queue="q",activity_type="a",reason="no permit became free in time"} 0+1x30`,
		labels:  map[string]string{"task_queue": "q", "activity_type": "a"},
	},
	"EnqueuingFails": {
		summary: "50% of the tasks for the queue q (broker temporal) cannot be enqueued",
		firing: "taskqueue_enqueued_total{queue=\"q\",broker=\"temporal\",result=\"failed\"} 0+1x30\n" +
			" taskqueue_enqueued_total{queue=\"q\",broker=\"temporal\",result=\"enqueued\"} 0+1x30\n" +
			" taskqueue_enqueued_total{queue=\"q\",broker=\"temporal\",result=\"refused\"} 0+98x30",
		quiet: "taskqueue_enqueued_total{queue=\"q\",broker=\"temporal\",result=\"refused\"} 0+1x30\n" +
			" taskqueue_enqueued_total{queue=\"q\",broker=\"temporal\",result=\"abandoned\"} 0+1x30\n" +
			" taskqueue_enqueued_total{queue=\"rare\",broker=\"temporal\",result=\"failed\"} 0x29 1\n" +
			" taskqueue_enqueued_total{queue=\"busy\",broker=\"temporal\",result=\"failed\"} 0+1x30\n" +
			" taskqueue_enqueued_total{queue=\"busy\",broker=\"temporal\",result=\"enqueued\"} 0+99x30",
		labels: map[string]string{"queue": "q", "broker": "temporal"},
	},
	"TasksDoNotReachTemporal": {
		summary: "The oldest message of the queue q has waited for 1m 1s to be moved to Temporal",
		firing:  `taskqueue_relay_oldest_age_seconds{queue="q",broker="rds"} 61x30`, quiet: `taskqueue_relay_oldest_age_seconds{queue="q",broker="rds"} 5x30`,
		labels: map[string]string{"queue": "q"},
	},
	"MessagesWereSetAside": {
		summary: "2 messages of the queue q were set aside, because no task can be made of them",
		firing:  `taskqueue_relay_set_aside{queue="q",broker="rds"} 2x30`, quiet: `taskqueue_relay_set_aside{queue="q",broker="rds"} 0x30`,
		labels: map[string]string{"queue": "q"},
	},
	"TaskLogIndexIsBehind": {
		summary: "The index of the task log is more than five seconds behind, or finds nothing",
		firing:  "taskqueue_log_index_up 0x30", quiet: "taskqueue_log_index_up 1x30\n taskqueue_log_index_lag_seconds 0.5x30",
	},
	"TaskLogIsNotMeasured": {
		summary: "The task log has not been measured for 15m 0s",
		firing:  "taskqueue_log_index_measured_timestamp_seconds 900x30", quiet: "taskqueue_log_index_measured_timestamp_seconds 1700x30",
	},
	"ApiAnswersWithErrors": {
		summary: "The API answers 10% of its requests with errors of its own",
		firing:  "taskqueue_api_requests_total{route=\"/\",status=\"500\"} 0+1x30\n taskqueue_api_requests_total{route=\"/\",status=\"200\"} 0+9x30",
		quiet: "taskqueue_api_requests_total{route=\"/readyz\",status=\"503\"} 0+9x30\n taskqueue_api_requests_total{route=\"/\",status=\"404\"} 0+9x30\n" +
			" taskqueue_api_requests_total{route=\"/\",status=\"500\"} 0x30",
	},
	"ApiIsSlow": {
		summary: "One of twenty answers of /api/v1/tasks takes more than 4.8s",
		firing: "taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"1\"} 0x30\n" +
			" taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"5\"} 0+9x30\n taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"+Inf\"} 0+9x30",
		quiet: "taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"1\"} 0+9x30\n" +
			" taskqueue_api_request_seconds_bucket{route=\"/api/v1/tasks\",le=\"+Inf\"} 0+9x30",
		labels: map[string]string{"route": "/api/v1/tasks"},
	},
	"TemporalCallsFail": {
		summary: "11.11% of the calls that j makes to Temporal fail",
		firing:  "temporal_request_failure_total{job=\"j\",operation=\"o\",status_code=\"UNAVAILABLE\"} 0+1x30\n temporal_request_total{job=\"j\",operation=\"o\"} 0+9x30",
		quiet:   "temporal_request_failure_total{job=\"j\",operation=\"o\",status_code=\"ALREADY_EXISTS\"} 0+5x30\n temporal_request_total{job=\"j\",operation=\"o\"} 0+9x30",
		labels:  map[string]string{"job": "j"},
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
		require.Equal(t, when.summary, summary(t, alert, firing[0]))
	}
}

// What fails in one installation fires although another one, whose metrics are the same but for the namespace, is well.
func TestInstallationsHideNothingOfEachOther(t *testing.T) {
	t.Parallel()
	for _, alert := range readAlerts(t) {
		when := fires[alert.Alert]
		series := of("staging", when.firing) + "\n" + of("production", when.quiet)
		firing := evaluate(t, series, alert.Expr, cmp.Or(when.at, 30*time.Minute))
		require.Len(t, firing, 1, alert.Alert)
		require.Equal(t, "staging", firing[0].Metric.Get("namespace"), alert.Alert)
	}
}

// Of what is absent the chart's rules ask within the release's namespace.
func TestNothingMeasuredIsNoticedInEachInstallation(t *testing.T) {
	t.Parallel()
	for _, alert := range chartAlerts(t, readValues(t, "full")) {
		if !strings.Contains(alert.Expr, "absent(") {
			continue
		}
		when := fires[alert.Alert]
		require.Empty(t, evaluate(t, of("tasks", when.quiet), alert.Expr, 30*time.Minute), alert.Alert)
		firing := evaluate(t, of("elsewhere", when.quiet), alert.Expr, 30*time.Minute)
		require.Len(t, firing, 1, alert.Alert)
		require.Equal(t, "tasks", firing[0].Metric.Get("namespace"), alert.Alert)
		require.Contains(t, []string{
			"What waits has not been measured for five minutes, in any queue", "The task log has not been measured",
		}, summary(t, alert, firing[0]))
	}
	withoutAPI := readValues(t, "full")
	withoutAPI["api"].(map[string]any)["enabled"] = false
	require.Contains(t, chartAlerts(t, withoutAPI)[1].Expr, "absent(taskqueue_queue_waiting)", "it is measured somewhere else")
}

// chartAlerts returns the rules of the chart's PrometheusRule.
func chartAlerts(t *testing.T, values map[string]any) []rulefmt.Rule {
	t.Helper()
	documents, err := render(t, values)
	require.NoError(t, err)
	i := slices.IndexFunc(documents, func(d document) bool { return d.Kind == "PrometheusRule" })
	var rules struct {
		Spec struct {
			Groups []struct {
				Rules []struct {
					Alert, Expr string
					Annotations map[string]string
				}
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(documents[i].text), &rules))
	require.Len(t, rules.Spec.Groups[0].Rules, len(fires))
	var all []rulefmt.Rule
	for _, r := range rules.Spec.Groups[0].Rules {
		all = append(all, rulefmt.Rule{Alert: r.Alert, Expr: r.Expr, Annotations: r.Annotations})
	}
	return all
}

// of returns the series with the namespace among their labels.
func of(namespace, series string) string {
	return regexp.MustCompile(`(?m)^\s*(\w+)(?:\{(.*)\})? `).ReplaceAllString(series, ` ${1}{namespace="`+namespace+`",$2} `)
}

// summary returns what the alert says when this fires.
func summary(t *testing.T, alert rulefmt.Rule, firing promql.Sample) string {
	t.Helper()
	text := "{{ $labels := .Labels }}{{ $value := .Value }}" + alert.Annotations["summary"] // as Prometheus begins it
	data := template.AlertTemplateData(firing.Metric.Map(), nil, "", firing)
	said, err := template.NewTemplateExpander(t.Context(), text, alert.Alert, data, model.Time(0), nil, &url.URL{}, nil).Expand()
	require.NoError(t, err, alert.Alert)
	return said
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
