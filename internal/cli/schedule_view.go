package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/schedule"
)

// printSchedule prints one schedule.
func (p *program) printSchedule(s schedule.Schedule) error {
	return p.print(s, func(t *table) {
		t.row("id", s.ID)
		t.row("action", s.Task.Action)
		t.row("label", s.Task.Label)
		t.row("parameters", string(s.Task.Parameters))
		t.row("queue", s.Task.Queue)
		t.row("owner", cmp.Or(s.Task.Owner, "-"))
		t.row("times", timesOf(s.Spec))
		if !s.Spec.StartAt.IsZero() {
			t.row("start", moment(s.Spec.StartAt))
		}
		if !s.Spec.EndAt.IsZero() {
			t.row("end", moment(s.Spec.EndAt))
		}
		if s.Spec.Jitter > 0 {
			t.row("jitter", s.Spec.Jitter)
		}
		t.row("overlap", s.Overlap)
		t.row("catch-up", s.CatchUp)
		t.row("paused", map[bool]string{true: "yes", false: "no"}[s.Paused])
		t.row("note", s.Note)
		t.row("runs", fmt.Sprintf("%d, and %d skipped, %d missed", s.Runs, s.Skipped, s.Missed))
		for i, at := range s.NextRuns {
			t.row(map[bool]string{true: "next"}[i == 0], moment(at))
		}
		for i, run := range s.RecentRuns {
			t.row(map[bool]string{true: "recent"}[i == 0], fmt.Sprintf("%s  %s", moment(run.StartedAt), run.TaskID))
		}
		for i, id := range s.Running {
			t.row(map[bool]string{true: "running"}[i == 0], id)
		}
	})
}

// timesOf writes a set of times in one line.
func timesOf(s schedule.Spec) string {
	parts := slices.Clone(s.Cron)
	for _, i := range s.Intervals {
		text := "every " + i.Every.String()
		if i.Offset > 0 {
			text += " + " + i.Offset.String()
		}
		parts = append(parts, text)
	}
	text := strings.Join(parts, "; ")
	if len(s.Cron) > 0 {
		text += " (" + cmp.Or(s.TimeZone, "UTC") + ")"
	}
	return text
}

func nextRun(paused bool, next []time.Time) string {
	switch {
	case paused:
		return "paused"
	case len(next) == 0:
		return "-"
	}
	return moment(next[0])
}

func lastRun(recent []schedule.Run) string {
	if len(recent) == 0 {
		return "-"
	}
	return moment(recent[len(recent)-1].StartedAt)
}
