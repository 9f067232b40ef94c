package tasklog

import "context"

// OwnedBy returns a log in which there are only the tasks of this owner. Others are as if they did not exist: for reading, for
// counting, in trees, and to be archived or cancelled, whatever filters and options say. To SuperUser it is the log itself.
func (l *TaskLog) OwnedBy(user string) *TaskLog {
	if user == SuperUser {
		return l
	}
	within := NewFilter()
	if l.within != nil {
		within = l.within.Clone()
	}
	owned := &TaskLog{config: l.config, within: within.ownedBy(user)}
	owned.config.Engine = narrowed{l.config.Engine, within}
	return owned
}

// holds reports whether the row is of a task that is in this log.
func (l *TaskLog) holds(row Row) bool { return l.within == nil || l.within.Match(row) }

// narrowed is an engine that finds only what a filter allows.
type narrowed struct {
	engine Engine
	within *Filter
}

// narrow returns a copy of the filter that wants what is allowed as well.
func (n narrowed) narrow(f *Filter) *Filter {
	c := f.Clone()
	c.conditions = append(c.conditions, n.within.conditions...)
	c.keep(n.within.err)
	return c
}

func (n narrowed) Search(ctx context.Context, f *Filter) (Page, error) {
	return n.engine.Search(ctx, n.narrow(f))
}

func (n narrowed) Count(ctx context.Context, f *Filter) (int64, error) {
	return n.engine.Count(ctx, n.narrow(f))
}

func (n narrowed) Stats(ctx context.Context, f *Filter) (Stats, error) {
	return n.engine.Stats(ctx, n.narrow(f))
}

func (n narrowed) Group(ctx context.Context, f *Filter, g Grouping) (Groups, error) {
	return n.engine.Group(ctx, n.narrow(f), g)
}
