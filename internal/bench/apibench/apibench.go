// Package apibench measures how long it takes to enqueue a task through the REST API, against the same enqueue by the Go client on the same
// Temporal server.
package apibench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Config says what is measured. All fields are required but Progress.
type Config struct {
	rounds.Plan

	Temporal  client.Client
	Namespace string
	Logger    *slog.Logger
}

// Latency is how long enqueuing took, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// Result is what was measured.
type Result struct {
	Tasks  int     `json:"tasks"` // of each side
	Rounds int     `json:"rounds"`
	API    Latency `json:"api"`
	Client Latency `json:"client"`
	// Ratio is the API's p95 by the client's: the median of the rounds' ratios, so that one bad round does not count.
	Ratio float64 `json:"ratio"`
}

// enqueue enqueues one task.
type enqueue func(context.Context) (task.ID, error)

// action is what no worker knows, and queue what none serves: only enqueuing is measured.
const action = "bench.enqueue"

// parameters are a hundred bytes, more or less, as many tasks have.
var parameters = json.RawMessage(`{"text":"some ids, a date and a file's name are what many tasks carry, and that comes to as much"}`)

// Run measures. It serves the API itself, on this machine, and cancels the tasks afterwards.
func Run(ctx context.Context, c Config) (result Result, err error) {
	if err := c.Validate(); err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	tasks, err := taskqueue.New(taskqueue.Config{
		Temporal: c.Temporal, Namespace: c.Namespace, Logger: c.Logger, Queues: []taskqueue.Queue{{Name: "bench-" + string(task.NewID())}},
	})
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	address, stop, err := serve(ctx, tasks, c.Logger)
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, stop()) }()
	b := &bench{Config: c, api: overHTTP(address), client: direct(tasks)}
	defer func() { err = errors.Join(err, b.cancel(ctx, tasks.TaskLog())) }()
	if result, err = b.run(ctx); err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	return result, nil
}

// serve runs the API until stop is called.
func serve(ctx context.Context, tasks *taskqueue.Client, logger *slog.Logger) (address string, stop func() error, err error) {
	server, err := api.New(api.Config{Client: tasks, Logger: logger})
	if err != nil {
		return "", nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(serving, listener) }()
	return listener.Addr().String(), func() error { cancel(); return <-ended }, nil
}

// direct enqueues by the Go client.
func direct(tasks *taskqueue.Client) enqueue {
	return func(ctx context.Context) (task.ID, error) {
		created, err := tasks.CreateTask(ctx, action, parameters, "bench", nil)
		if err != nil {
			return "", err
		}
		return created.ID, nil
	}
}

// overHTTP enqueues the same task as programs in any language do: over one connection that is kept, and with the answer read.
func overHTTP(address string) enqueue {
	body, err := json.Marshal(map[string]any{"action": action, "parameters": parameters, "label": "bench"})
	if err != nil {
		panic(err) // it is always the same
	}
	return func(ctx context.Context) (task.ID, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/v1/tasks", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close() //nolint:errcheck // it has been read
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			return "", err
		}
		if response.StatusCode != http.StatusCreated {
			return "", fmt.Errorf("the API answers %s: %s", response.Status, answer)
		}
		var created struct {
			ID task.ID `json:"id"`
		}
		err = json.Unmarshal(answer, &created)
		return created.ID, err
	}
}

type bench struct {
	Config

	api, client enqueue
	ids         []task.ID // of all tasks, to be cancelled
}

// warmUp is how many tasks each side enqueues before anything is measured, so that connections and caches are warm.
const warmUp = 20

func (b *bench) run(ctx context.Context) (Result, error) {
	if _, _, err := b.measure(ctx, warmUp); err != nil {
		return Result{}, err
	}
	var viaAPI, viaClient []time.Duration
	ratio, err := b.Each(func(tasks int) (float64, string, error) {
		a, c, err := b.measure(ctx, tasks)
		if err != nil {
			return 0, "", err
		}
		viaAPI, viaClient = append(viaAPI, a...), append(viaClient, c...)
		api, client := percentile(a, 0.95), percentile(c, 0.95)
		return api / client, fmt.Sprintf("p95 of the API %.2f ms, of the client %.2f ms", api, client), nil
	})
	if err != nil {
		return Result{}, err
	}
	return Result{Tasks: b.Tasks, Rounds: b.Rounds, API: latency(viaAPI), Client: latency(viaClient), Ratio: ratio}, nil
}

// measure enqueues that many tasks with each side: always one by one and then the other, in random order.
func (b *bench) measure(ctx context.Context, tasks int) (viaAPI, viaClient []time.Duration, err error) {
	sides := []struct {
		enqueue enqueue
		took    *[]time.Duration
	}{{b.api, &viaAPI}, {b.client, &viaClient}}
	for range tasks {
		rand.Shuffle(len(sides), func(i, j int) { sides[i], sides[j] = sides[j], sides[i] }) //nolint:gosec // nobody gains by guessing it
		for _, side := range sides {
			began := time.Now()
			id, err := side.enqueue(ctx)
			if err != nil {
				return nil, nil, err
			}
			*side.took = append(*side.took, time.Since(began))
			b.ids = append(b.ids, id)
		}
	}
	return viaAPI, viaClient, nil
}

// cancel cancels all tasks, also if ctx has ended.
func (b *bench) cancel(ctx context.Context, log *tasklog.TaskLog) error {
	if len(b.ids) == 0 {
		return nil
	}
	_, err := log.CancelMany(context.WithoutCancel(ctx), tasklog.Selection{IDs: b.ids}, tasklog.BulkOptions{})
	return err
}

func latency(took []time.Duration) Latency {
	return Latency{P50: percentile(took, 0.5), P95: percentile(took, 0.95)}
}

// percentile is in milliseconds, to the microsecond.
func percentile(took []time.Duration, p float64) float64 {
	sorted := slices.Sorted(slices.Values(took))
	return float64(sorted[max(int(math.Ceil(p*float64(len(sorted)))), 1)-1].Microseconds()) / 1000
}
