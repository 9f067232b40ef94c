package tasklog

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// DefaultGroups is how many groups a Grouping has when it is not told.
	DefaultGroups = 100
	// MaxGroups is how many groups a Grouping can have.
	MaxGroups = 1000
)

// groupable are the columns that tasks can be grouped by: those whose values many tasks share.
var groupable = []Column{Status, Category, TaskName, Owner, Queue}

// Grouping says by what tasks are counted.
type Grouping struct {
	// By is the column whose equal values make a group: status, category, task_name, owner or queue. Default: none, all tasks are
	// one group. It may be spelled as ParseColumn accepts it.
	By Column
	// Top is how many groups are wanted at most, those with the most tasks. Default DefaultGroups, at most MaxGroups.
	Top int
	// Times wants to know how long the tasks of each group took.
	Times bool
}

// WithDefaults returns the grouping with defaults in place of what is not set.
func (g Grouping) WithDefaults() Grouping {
	g.Top = cmp.Or(g.Top, DefaultGroups)
	if column, err := ParseColumn(string(g.By)); err == nil { // what is no column is for Validate to tell
		g.By = column
	}
	return g
}

// Validate returns a *FilterError that says which field is wrong.
func (g Grouping) Validate() error {
	if g.By != "" && !slices.Contains(groupable, g.By) {
		return filterErrorf("by", "has the value %q; tasks are grouped by one of %v", g.By, groupable)
	}
	if g.Top < 0 || g.Top > MaxGroups {
		return filterErrorf("top", "is %d; it must be 1 to %d", g.Top, MaxGroups)
	}
	return nil
}

// Groups are the groups of tasks, those with the most tasks first, equal ones by their value.
type Groups struct {
	Groups []Group `json:"groups"`
	// Others is how many tasks are in groups that Top has left out.
	Others int64 `json:"others"`
}

// Group is the tasks that have one value in common.
type Group struct {
	Value string `json:"value"` // of the column; empty for tasks that have none
	Count int64  `json:"count"`
	Times *Times `json:"times,omitempty"`
}

// Times says how long tasks took, from when they were enqueued to when they ended. What was terminated or lost by Temporal is
// not among them, nor what has not ended.
type Times struct {
	Count int64 `json:"count"` // of how many tasks this is
	// The times are in seconds, to the millisecond; 0 if Count is. The percentiles may be estimates.
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	Max  float64 `json:"max"`
}

// NewGroups sorts groups and cuts them to the wanted number, for engines.
func NewGroups(all []Group, g Grouping) Groups {
	slices.SortFunc(all, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	groups := Groups{Groups: append([]Group{}, all[:min(len(all), g.Top)]...)} // [] in JSON if there are none
	for _, other := range all[len(groups.Groups):] {
		groups.Others += other.Count
	}
	return groups
}

// GroupRows groups rows, for engines that cannot have it done by an index.
func GroupRows(rows []Row, g Grouping) Groups {
	durations := map[string][]time.Duration{}
	counts := map[string]int64{}
	for _, row := range rows {
		value := ""
		if g.By != "" {
			value, _ = row.Value(g.By).(string)
		}
		counts[value]++
		if row.Duration != nil {
			durations[value] = append(durations[value], *row.Duration)
		}
	}
	all := make([]Group, 0, len(counts))
	for value, count := range counts {
		group := Group{Value: value, Count: count}
		if g.Times {
			group.Times = new(newTimes(durations[value]))
		}
		all = append(all, group)
	}
	return NewGroups(all, g)
}

func newTimes(durations []time.Duration) Times {
	if len(durations) == 0 {
		return Times{}
	}
	slices.Sort(durations)
	var sum time.Duration
	for _, d := range durations {
		sum += d
	}
	percentile := func(p float64) float64 {
		return durations[min(int(math.Ceil(p*float64(len(durations)))), len(durations))-1].Seconds()
	}
	return Times{
		Count: int64(len(durations)), Min: durations[0].Seconds(), Max: durations[len(durations)-1].Seconds(),
		Mean: Seconds(float64(sum.Milliseconds()) / float64(len(durations))), P50: percentile(0.5), P95: percentile(0.95),
	}
}

// Seconds turns milliseconds into seconds, to the millisecond.
func Seconds(millis float64) float64 { return math.Round(millis) / 1000 }
