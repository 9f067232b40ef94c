package queueadmin

import (
	"cmp"
	"maps"
	"slices"
	"time"

	taskqueuepb "go.temporal.io/api/taskqueue/v1"
)

// Traffic is what goes in and out of a queue. What a worker runs in the fast lane is not part of it.
type Traffic struct {
	// How many actions became ready to run, and how many workers got, per second, over the last 30 seconds.
	AddedPerSecond   float32 `json:"addedPerSecond"`
	StartedPerSecond float32 `json:"startedPerSecond"`
	// OldestSeconds is about how long the action that is next has waited.
	OldestSeconds float64 `json:"oldestSeconds"`
}

// Worker is a process that asks for tasks of a queue.
type Worker struct {
	// Identity is what it calls itself, usually its process and machine.
	Identity string `json:"identity"`
	// LastSeenAt is when it last asked. An idle worker asks about once a minute.
	LastSeenAt time.Time `json:"lastSeenAt"`
}

func traffic(stats *taskqueuepb.TaskQueueStats) Traffic {
	return Traffic{
		AddedPerSecond: stats.GetTasksAddRate(), StartedPerSecond: stats.GetTasksDispatchRate(),
		OldestSeconds: stats.GetApproximateBacklogAge().AsDuration().Seconds(),
	}
}

// workers returns each worker once, as it was seen last.
func workers(pollers ...[]*taskqueuepb.PollerInfo) []Worker {
	found := map[string]Worker{}
	for _, p := range slices.Concat(pollers...) {
		at := p.GetLastAccessTime().AsTime()
		if known, ok := found[p.GetIdentity()]; !ok || known.LastSeenAt.Before(at) {
			found[p.GetIdentity()] = Worker{Identity: p.GetIdentity(), LastSeenAt: at}
		}
	}
	all := slices.AppendSeq([]Worker{}, maps.Values(found)) // [] in JSON if there are none
	slices.SortFunc(all, func(a, b Worker) int { return cmp.Compare(a.Identity, b.Identity) })
	return all
}
