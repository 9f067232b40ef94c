package tasklog

import "context"

// Engine finds tasks in Temporal's visibility index. Every method returns the filter's Err, if it has
// one, and is safe for concurrent use.
type Engine interface {
	// Search returns the tasks that satisfy the filter, sorted, limited and with the selected columns.
	Search(ctx context.Context, f *Filter) (Page, error)
	// Count returns how many tasks satisfy the filter, whatever its limit, offset and sort.
	Count(ctx context.Context, f *Filter) (int64, error)
	// Stats returns how many tasks that satisfy the filter are how far, whatever its limit, offset and sort.
	Stats(ctx context.Context, f *Filter) (Stats, error)
	// Group returns how many tasks that satisfy the filter are in each group, whatever its limit, offset and sort. The grouping
	// is complete and valid.
	Group(ctx context.Context, f *Filter, g Grouping) (Groups, error)
}
