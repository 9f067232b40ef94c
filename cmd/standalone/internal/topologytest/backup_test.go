//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
)

// The commands are those of docs/backup.md.
func TestBackupLosesNoTaskThatWasAcceptedBefore(t *testing.T) {
	tp := start(t)
	l := startLoad(t, tp, math.MaxInt)
	l.awaitStarts(t, 60)
	before := l.soFar()
	ended := make(map[string]entity)
	await(t, startTimeout, "tasks have ended", func(context.Context) error {
		for id, e := range l.list(t) {
			if e.RawStatus == "completed" || e.RawStatus == "failed" {
				ended[id] = e
			}
		}
		if len(ended) < 20 {
			return fmt.Errorf("%d have", len(ended))
		}
		return nil
	})

	dump := filepath.Join(tp.dir, "postgres", "temporal.dump")
	tp.postgres.Run(t, "pg_dump", "--format=custom", "--exclude-table-data=cluster_membership", "--file="+dump, database)
	l.awaitStarts(t, 20) // the backup knows nothing of that
	l.end()
	tp.destroy(t)

	restored := tp.restore(t, dump)
	l.tp = restored
	var listed map[string]entity
	await(t, endTimeout, "all tasks of the backup are in the index, and have ended", func(context.Context) error {
		listed = l.list(t)
		for _, w := range before {
			if e := listed[w.id]; e.RawStatus != "completed" && e.RawStatus != "failed" {
				return fmt.Errorf("%d are listed; task %s is %q", len(listed), w.id, e.RawStatus)
			}
		}
		return nil
	})

	starts := runs(t, restored.journal)
	o := outcome{accepted: len(before)}
	again := 0
	for _, w := range before {
		current, err := read(t.Context(), restored.apis[1], w.id)
		require.NoError(t, err)
		require.Equal(t, listed[w.id], current, "the index says something else than Temporal")
		if was, ok := ended[w.id]; ok {
			require.Equal(t, was, listed[w.id], "what had ended has stayed as it was, with its report")
		}
		// The restored system does not know what ran after the backup, so that runs again.
		ran := starts[w.id]
		if ran == 2 {
			require.NotContains(t, ended, w.id)
			again++
			ran = 1
		}
		require.NoError(t, o.count(w, current, ran))
	}
	t.Logf("before the backup %s; %d ran again. After it %d were accepted, of which the restored system knows %d", o, again,
		l.size()-len(before), len(listed)-len(before))

	// It is a system like any other.
	after := startLoad(t, restored, 40)
	after.running.Wait()
	t.Log("new tasks: ", after.verify(t))
}

// soFar returns what has been accepted until now.
func (l *load) soFar() []wanted {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.accepted)
}

// destroy ends everything at once.
func (tp *topology) destroy(t *testing.T) {
	t.Helper()
	tp.temporal.kill(t)
	for _, s := range slices.Concat(tp.apis, tp.workers) {
		s.kill(t)
	}
	tp.postgres.Stop(t, "immediate")
	if tp.elasticsearch.Owned() {
		require.NoError(t, tp.elasticsearch.Kill()) // the next one is empty
	} else {
		tp.deleteIndex(t)
	}
}

// restore makes a topology from the dump, with an index that is empty at first.
func (tp *topology) restore(t *testing.T, dump string) *topology {
	t.Helper()
	restored := &topology{owner: t, dir: tp.dir, journal: tp.journal, elasticsearch: elastictest.New(t), index: tp.index}
	restored.postgres = startPostgres(t, filepath.Join(tp.dir, "restored"))
	restored.postgres.Run(t, "createdb", database)
	restored.postgres.Run(t, "pg_restore", "--exit-on-error", "--dbname="+database, dump)
	restored.temporal = newTemporal(t, loopback, restored)
	restored.makeIndex(t)
	restored.temporal.start(t)
	out, err := restored.command("taskctl", "init").CombinedOutput()
	require.NoError(t, err, "%s", out)
	restored.startServices(t)

	rebuild := exec.Command("../../../../deployments/temporal/rebuild-index.sh")
	rebuild.Env = append(os.Environ(), "PGHOST="+loopback, "PGPORT="+restored.postgres.Port, "PGUSER=postgres", "PGDATABASE="+database,
		"TEMPORAL_ADDRESS="+restored.temporal.address(), "TDBG="+program("tdbg"), "PARALLEL=2")
	out, err = rebuild.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return restored
}
