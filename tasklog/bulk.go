package tasklog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	// DefaultBatchSize is how many tasks a bulk operation reads at a time.
	DefaultBatchSize = 1000
	// DefaultConcurrency is how many tasks a bulk operation works on at a time.
	DefaultConcurrency = 8

	// oneTimeout is how long one task may take, which is milliseconds if nothing is wrong.
	oneTimeout = 30 * time.Second
)

// BulkOptions say how many tasks are archived or cancelled. The zero value is the default of each field.
type BulkOptions struct {
	ControlOptions
	// DryRun changes nothing, and counts: by the index for all and for filters, else task by task.
	DryRun bool
	// BatchSize is how many tasks are read at a time. Default DefaultBatchSize.
	BatchSize int
	// Concurrency is how many tasks are worked on at a time. Default DefaultConcurrency.
	Concurrency int
	// Limit is how many of the tasks that All or a filter selects are worked on at most. Default: all of them.
	Limit int
	// After is the Next of a former result with the same selection by All or a filter: the operation goes on there. Default: the oldest task.
	After string
	// Progress is told how far it is, after every task, by one goroutine at a time.
	Progress func(BulkResult)
}

// WithDefaults returns the options with defaults in place of what is not set.
func (o BulkOptions) WithDefaults() BulkOptions {
	o.ControlOptions = o.ControlOptions.WithDefaults()
	o.BatchSize = cmp.Or(max(o.BatchSize, 0), DefaultBatchSize)
	o.Concurrency = cmp.Or(max(o.Concurrency, 0), DefaultConcurrency)
	return o
}

// ArchiveMany archives the selected tasks as Archive does, the oldest first. Tasks that are not eligible, unknown or
// somebody else's are skipped. It may be interrupted: run again, it goes on with what is left.
//
// The error says that the tasks could not be read, or that ctx ended; the result says what was done until then, and where to go on. What went
// wrong with single tasks is in the result as well.
func (l *TaskLog) ArchiveMany(ctx context.Context, s Selection, o BulkOptions) (BulkResult, error) {
	return l.bulk(ctx, Archiving, l.Archive, s, o)
}

// CancelMany cancels the selected tasks as Cancel does; otherwise it is like ArchiveMany.
func (l *TaskLog) CancelMany(ctx context.Context, s Selection, o BulkOptions) (BulkResult, error) {
	return l.bulk(ctx, Cancelling, l.Cancel, s, o)
}

// bulk is one bulk operation.
type bulk struct {
	log     *TaskLog
	verb    Verb
	do      func(context.Context, task.ID, ControlOptions) (bool, error)
	options BulkOptions
	tally   tally
}

func (l *TaskLog) bulk(
	ctx context.Context, verb Verb, do func(context.Context, task.ID, ControlOptions) (bool, error), s Selection, o BulkOptions,
) (BulkResult, error) {
	if err := s.validate(); err != nil {
		return BulkResult{}, err
	}
	b := &bulk{log: l, verb: verb, do: do, options: o.WithDefaults()}
	b.tally.progress = b.options.Progress
	var err error
	switch {
	case s.IDs != nil:
		ids := slices.Clone(s.IDs)
		slices.Sort(ids) // so that one which is given twice is found
		ids = slices.Compact(ids)
		b.tally.expect(len(ids))
		err = b.each(ctx, ids)
	default:
		err = b.filtered(ctx, s.filter(verb, b.options.User))
	}
	return b.tally.result(), err
}

// filtered works on the tasks that the filter finds.
func (b *bulk) filtered(ctx context.Context, f *Filter) error {
	f.deselected, f.offset = nil, 0
	f.SortBy(CreatedAt).SortOrder(Ascending)
	if b.options.After == "" {
		if err := b.refused(ctx, f.Narrow(b.verb.refuses(b.options.Force)...)); err != nil {
			return err
		}
	} else if f.After(b.options.After); f.after != nil {
		b.tally.goOn(b.options.After, 0)
		if from := f.after.position.Value; from != nil {
			f.Gte(CreatedAt, from) // a count does not heed the position
		}
	}
	f = f.Narrow(b.verb.takes(b.options.Force)...)
	eligible, err := b.log.Count(ctx, f)
	if err != nil {
		return err
	}
	if b.options.DryRun {
		b.tally.eligible(int(eligible))
		return nil
	}
	b.tally.expect(int(eligible))
	return b.batches(ctx, f, int(eligible))
}

// refused notes the tasks that the filter finds, which are in no state for it.
func (b *bulk) refused(ctx context.Context, f *Filter) error {
	n, err := b.log.Count(ctx, f)
	if err != nil || n == 0 {
		return err
	}
	found, err := b.log.Search(ctx, f.Limit(maxListed))
	if err != nil {
		return err
	}
	first := make([]*NotEligibleError, len(found))
	for i, e := range found {
		first[i] = &NotEligibleError{ID: e.ID, Verb: b.verb, Status: e.Status}
	}
	b.tally.refuse(b.verb, int(n), first...)
	return nil
}

// batches works through what the filter finds. Tasks leave it while that goes on, sooner or later, so a batch begins after the last
// task of the one before, and not at an offset.
func (b *bulk) batches(ctx context.Context, f *Filter, eligible int) error {
	for seen := 0; ; {
		size := b.options.BatchSize
		if b.options.Limit > 0 {
			size = min(size, b.options.Limit-seen)
		}
		found, err := b.log.Search(ctx, f.Limit(size))
		if err != nil {
			return err
		}
		// Not even a short batch is the last one for sure: tasks may have left the filter while they were being looked for.
		if len(found) == 0 {
			b.tally.goOn("", 0)
			return nil
		}
		ids := make([]task.ID, len(found))
		for i, e := range found {
			ids[i] = e.ID
		}
		if err := b.each(ctx, ids); err != nil {
			return err
		}
		seen += len(found)
		last := found[len(found)-1]
		f.after = &cursor{CreatedAt, Ascending, Position{timeOrNull(last.CreatedAt), last.ID}}
		b.tally.goOn(f.after.String(), max(eligible-seen, 0))
		if seen == b.options.Limit {
			return nil
		}
	}
}

// each works on the tasks with these ids. The error is that of ctx.
func (b *bulk) each(ctx context.Context, ids []task.ID) error {
	var group errgroup.Group
	group.SetLimit(b.options.Concurrency)
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			b.one(ctx, id)
			return nil
		})
	}
	return errors.Join(group.Wait(), ctx.Err())
}

// one works on one task. What has begun is brought to its end, so that an interruption leaves nothing half done.
func (b *bulk) one(ctx context.Context, id task.ID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneTimeout)
	defer cancel()
	var changed bool
	var err error
	if b.options.DryRun {
		changed, err = b.try(ctx, id)
	} else {
		changed, err = b.do(ctx, id, b.options.ControlOptions)
	}
	var notFound *NotFoundError
	var refused *NotEligibleError
	switch {
	case errors.As(err, &notFound):
		b.tally.unknown(id)
	case errors.As(err, &refused):
		b.tally.refuse(b.verb, 1, refused)
	case err != nil:
		b.tally.fail(id, err)
	case !changed:
		b.tally.skip(id, "Task is "+string(b.verb)+" already.")
	case b.options.DryRun:
		b.tally.eligible(1)
	default:
		b.tally.change()
	}
}

// try says what do would, and changes nothing.
func (b *bulk) try(ctx context.Context, id task.ID) (bool, error) {
	r, err := b.log.current(ctx, id, b.options.User)
	switch {
	case err != nil:
		return false, err
	case r.row.Status == b.verb.done():
		return false, nil
	case !slices.Contains(b.verb.takes(b.options.Force), r.row.Status):
		return false, &NotEligibleError{ID: id, Verb: b.verb, Status: r.row.Status}
	}
	return true, nil
}
