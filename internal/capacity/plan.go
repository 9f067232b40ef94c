package capacity

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/distributed-task-queue/taskqueue/worker"
)

// Kind is how a task runs.
type Kind string

// The kinds.
const (
	Short Kind = "short" // an action that takes less than a second
	Long  Kind = "long"  // one that takes longer, so that its task is shown as running
	Fast  Kind = "fast"  // one with a policy that lets it run in the worker that has the workflow
)

// showsRunning is from when on a task is shown as running.
const showsRunning = time.Second

// Load is what a task queue has to do.
type Load struct {
	// Rate is how many tasks are enqueued in a second when most are.
	Rate float64
	// Average is how many are on average, over the retention. Default: Rate.
	Average float64
	// Retention is how long finished tasks are kept.
	Retention time.Duration
	// Duration is how long an action takes.
	Duration time.Duration
	// Parameters is how many bytes a task's parameters have.
	Parameters uint64
	// Queues is how many queues there are, of the same weight.
	Queues int
	// Concurrency is how many tasks a worker process runs at a time.
	Concurrency int
	// WriteLatency is how long the database takes for a small transaction.
	WriteLatency time.Duration
	// Fast says that the actions are fast ones.
	Fast bool
}

// Validate names what is out of its range.
func (l Load) Validate() error {
	for _, c := range []struct {
		wrong bool
		name  string
		value any
		right string
	}{
		{l.Rate <= 0 || l.Rate > 1e9, "rate", l.Rate, "more than 0 and at most 1e9 tasks per second"},
		{l.Average < 0 || l.Average > l.Rate, "average", l.Average, "0 or more, and not more than the rate"},
		{l.Retention <= 0, "retention", l.Retention, "more than 0"},
		{l.Duration < 0, "duration", l.Duration, "0 or more"},
		{l.Queues < 1, "queues", l.Queues, "1 or more"},
		{l.Concurrency < 1, "concurrency", l.Concurrency, "1 or more"},
		{l.WriteLatency <= 0, "write latency", l.WriteLatency, "more than 0"},
	} {
		if c.wrong {
			return fmt.Errorf("the %s is %v; it must be %s", c.name, c.value, c.right)
		}
	}
	return nil
}

// Plan is what a Load needs. Sizes are in bytes; what is per second is so at Load.Rate, with what retention deletes meanwhile, at Load.Average; what is
// stored follows from Load.Average.
type Plan struct {
	Kind Kind `json:"kind"`

	HistoryShards      int     `json:"historyShards"`
	TasksPerShard      float64 `json:"tasksPerShardPerSecond"` // what one shard does, at this latency
	StatementsRate     float64 `json:"databaseStatementsPerSecond"`
	CommitsRate        float64 `json:"databaseCommitsPerSecond"`
	WriteAheadLogRate  float64 `json:"databaseWriteAheadLogPerSecond"`
	DatabaseSize       float64 `json:"databaseSize"`
	HistoryEvents      int     `json:"historyEventsPerTask"`
	HistoryBytes       float64 `json:"historyBytesPerTask"`
	Tasks              float64 `json:"tasksInTheLog"`
	IndexWritesRate    float64 `json:"indexWritesPerSecond"`
	IndexSize          float64 `json:"indexSize"` // without replicas
	IndexShards        int     `json:"indexShards"`
	Permits            int     `json:"workerPermits"`
	Workers            int     `json:"workerProcesses"`
	PollsPerWorker     int     `json:"openPollsPerWorker"`
	Polls              int     `json:"openPolls"`
	PollsPerSecondIdle float64 `json:"idlePollsPerSecond"`
}

// longPoll is how long the server keeps a poll open that brings nothing.
const longPoll = time.Minute

// For returns the plan for a valid load.
func For(l Load) Plan {
	if l.Average == 0 {
		l.Average = l.Rate
	}
	p := Plan{Kind: l.kind()}
	c := kinds[p.Kind]
	parameters := float64(l.Parameters)

	// In the long run as many tasks are deleted as are enqueued: on average, and not when most are enqueued, for that is long ago then.
	write := func(task, deleted float64) float64 { return l.Rate*task + l.Average*deleted }

	// A shard writes one after another, which bounds it.
	p.TasksPerShard = l.Rate * shardUse.Value / (write(c.shardWrites.Value, deletion.shardWrites.Value) * l.WriteLatency.Seconds())
	p.HistoryShards = powerOfTwo(max(l.Rate/p.TasksPerShard, leastShards.Value))
	p.StatementsRate = write(c.statements.Value, deletion.statements.Value)
	p.CommitsRate = write(c.commits.Value, deletion.commits.Value)
	p.WriteAheadLogRate = write(c.wal.Value+walParameters.Value*parameters, deletion.wal.Value)
	p.HistoryEvents = int(c.events.Value)
	p.HistoryBytes = c.history.Value + historyParameters.Value*parameters

	p.Tasks = l.Average * l.Retention.Seconds()
	p.DatabaseSize = p.Tasks * (databaseBytes.Value + databaseParameters.Value*parameters)
	p.IndexWritesRate = write(c.indexWrites.Value, deletion.indexWrites.Value)
	p.IndexSize = p.Tasks * indexBytes.Value
	p.IndexShards = int(math.Ceil(max(p.IndexSize/indexShard.Value, p.Tasks/indexShardDoc.Value, 1)))

	// By Little's law so many tasks hold a permit: for as long as they run, and until their start and their end are written.
	held := l.Duration + 2*l.WriteLatency
	p.Permits = int(math.Ceil(l.Rate * held.Seconds() / permitUse.Value))
	p.Workers = max((p.Permits+l.Concurrency-1)/l.Concurrency, 2) // so that one may be restarted
	p.PollsPerWorker = worker.OpenPolls(l.Queues, l.Concurrency)
	p.Polls = p.Workers * p.PollsPerWorker
	p.PollsPerSecondIdle = float64(p.Polls) / longPoll.Seconds()
	return p
}

func (l Load) kind() Kind {
	switch {
	case l.Fast:
		return Fast
	case l.Duration >= showsRunning:
		return Long
	default:
		return Short
	}
}

// powerOfTwo returns the least power of two that is not less than x.
func powerOfTwo(x float64) int { return 1 << bits.Len64(uint64(math.Ceil(x))-1) }
