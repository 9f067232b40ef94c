package schedule

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// minCatchUp is the least that the server keeps to.
const minCatchUp = Duration(10 * time.Second)

// withDefaults returns the definition with defaults in place of what is not set.
func (d Definition) withDefaults() Definition {
	d.Overlap = cmp.Or(d.Overlap, OverlapSkip)
	d.CatchUp = cmp.Or(d.CatchUp, DefaultCatchUp)
	return d
}

// validate checks everything but the task, and what only the server knows.
func (d Definition) validate() error {
	if err := d.Spec.validate(); err != nil {
		return err
	}
	if err := d.Overlap.validate(); err != nil {
		return err
	}
	if d.CatchUp < minCatchUp {
		return invalid("catchUp", "is %s; it must be at least %s", d.CatchUp, minCatchUp)
	}
	return validateNote(d.Note)
}

// maxNoteBytes is the server's limit.
const maxNoteBytes = 1000

func validateNote(note string) error {
	if len(note) > maxNoteBytes {
		return invalid("note", "has %d bytes; at most %d are allowed", len(note), maxNoteBytes)
	}
	return nil
}

func (s Spec) validate() error {
	if len(s.Cron) == 0 && len(s.Intervals) == 0 {
		return invalid("spec", "names no time; give cron expressions or intervals")
	}
	for _, expression := range s.Cron {
		if err := validateCron(expression); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(s.Intervals, func(i Interval) bool { return !i.valid() }); i >= 0 {
		return invalid("spec.intervals", "has one of every %s with offset %s; every must be whole seconds, at least 1s, and offset whole seconds "+
			"from 0s to less than every", s.Intervals[i].Every, s.Intervals[i].Offset)
	}
	if s.Jitter < 0 {
		return invalid("spec.jitter", "is %s; it cannot be negative", s.Jitter)
	}
	if !s.StartAt.IsZero() && !s.EndAt.IsZero() && s.EndAt.Before(s.StartAt) {
		return invalid("spec.endAt", "is %s, which is before spec.startAt, %s", s.EndAt.Format(time.RFC3339), s.StartAt.Format(time.RFC3339))
	}
	return nil
}

// validateCron checks what the server would take in another sense than the field's.
func validateCron(expression string) error {
	expression = strings.TrimSpace(expression)
	if strings.HasPrefix(expression, "TZ=") || strings.HasPrefix(expression, "CRON_TZ=") {
		return invalid("spec.cron", "has %q; name the time zone in spec.timeZone", expression)
	}
	if strings.HasPrefix(expression, "@every") {
		return invalid("spec.cron", "has %q; give it as one of spec.intervals", expression)
	}
	return nil
}

func (i Interval) valid() bool {
	const second = Duration(time.Second)
	return i.Every >= second && i.Every%second == 0 && i.Offset >= 0 && i.Offset < i.Every && i.Offset%second == 0
}
