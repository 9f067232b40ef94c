package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
)

// scheduleFlags are the flags that define a schedule.
type scheduleFlags struct {
	cron                           []string
	every, offset, jitter, catchUp time.Duration
	timeZone, start, end           string
	overlap, note                  string
	paused                         bool

	parameters, label, queue, owner, category string
	master                                    bool
	priority                                  int
}

func (f *scheduleFlags) bind(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.cron, "cron", nil, "a cron expression of 5, 6 (with the year) or 7 fields (with the second in front); may be repeated")
	flags.DurationVar(&f.every, "every", 0, "run in intervals of this, as in 90s or 1h30m, beside the cron expressions")
	flags.DurationVar(&f.offset, "offset", 0, "how long after the start of each interval")
	flags.StringVar(&f.timeZone, "time-zone", "", "of the cron expressions, as in Europe/Berlin (default UTC)")
	flags.StringVar(&f.start, "start", "", "no run before this moment, as in 2026-01-05T00:00:00Z")
	flags.StringVar(&f.end, "end", "", "no run after this moment")
	flags.DurationVar(&f.jitter, "jitter", 0, "delay every run by a random time up to this")
	flags.StringVar(&f.overlap, "overlap", "", fmt.Sprintf("what to do when the run before has not ended: one of %v (default %s)",
		schedule.Overlaps(), schedule.OverlapSkip))
	flags.DurationVar(&f.catchUp, "catch-up", 0, fmt.Sprintf("how late a run may start after the server was down, at least 10s (default %s)",
		schedule.DefaultCatchUp))
	flags.BoolVar(&f.paused, "paused", false, "do not run by itself until it is resumed")
	flags.StringVar(&f.note, "note", "", "for people")
	flags.StringVar(&f.parameters, "params", "", "the action's parameters: JSON, @FILE, or - for standard input (default {})")
	flags.StringVar(&f.label, "label", "", "what people call the tasks")
	flags.StringVar(&f.queue, "queue", "", "the queue to wait in (default: the dispatcher chooses it, once)")
	flags.StringVar(&f.owner, "owner", "", "who the tasks belong to (default: owner of the configuration)")
	flags.StringVar(&f.category, "category", "", fmt.Sprintf("one of %v", task.Categories()))
	flags.BoolVar(&f.master, "master", false, "a run is done when its action is, whatever its children do")
	flags.IntVar(&f.priority, "priority", 0, "place inside the queue, from 1 (first) to 5 (last) (default 3)")
}

// apply changes what was given as a flag.
func (f *scheduleFlags) apply(flags *pflag.FlagSet, d *schedule.Definition, stdin io.Reader) error {
	if err := f.applySpec(flags, &d.Spec); err != nil {
		return err
	}
	for name, set := range map[string]func(){
		"overlap":  func() { d.Overlap = schedule.Overlap(f.overlap) },
		"catch-up": func() { d.CatchUp = schedule.Duration(f.catchUp) },
		"paused":   func() { d.Paused = f.paused },
		"note":     func() { d.Note = f.note },
		"label":    func() { d.Task.Label = f.label },
		"queue":    func() { d.Task.Queue = f.queue },
		"owner":    func() { d.Task.Owner = f.owner },
		"category": func() { d.Task.Category = task.Category(f.category) },
		"master":   func() { d.Task.Master = f.master },
		"priority": func() { d.Task.Priority = f.priority },
	} {
		if flags.Changed(name) {
			set()
		}
	}
	if !flags.Changed("params") {
		return nil
	}
	raw, err := readParameters(f.parameters, stdin)
	d.Task.Parameters = raw
	return err
}

func (f *scheduleFlags) applySpec(flags *pflag.FlagSet, s *schedule.Spec) error {
	if flags.Changed("offset") && !flags.Changed("every") {
		return usagef("--offset needs --every")
	}
	if flags.Changed("cron") || flags.Changed("every") {
		s.Cron, s.Intervals = f.cron, nil
	}
	if flags.Changed("every") {
		s.Intervals = []schedule.Interval{{Every: schedule.Duration(f.every), Offset: schedule.Duration(f.offset)}}
	}
	if flags.Changed("time-zone") {
		s.TimeZone = f.timeZone
	}
	if flags.Changed("jitter") {
		s.Jitter = schedule.Duration(f.jitter)
	}
	for _, bound := range []struct {
		flag, text string
		target     *time.Time
	}{{"start", f.start, &s.StartAt}, {"end", f.end, &s.EndAt}} {
		switch {
		case !flags.Changed(bound.flag):
		case bound.text == "": // no bound any more
			*bound.target = time.Time{}
		default:
			at, err := parseMoment("--"+bound.flag, bound.text)
			if err != nil {
				return err
			}
			*bound.target = at
		}
	}
	return nil
}
