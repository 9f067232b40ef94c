package logbench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"time"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// QueryResult is what was measured of a query.
type QueryResult struct {
	Name       string `json:"name"`
	Iterations int    `json:"iterations"` // of each side
	Ours       Times  `json:"ours"`
	Bare       Times  `json:"bare"`
	// The ratios are ours by the bare query: the medians of the rounds' ratios, so that one bad round does not count.
	P50Ratio float64 `json:"p50_ratio"`
	P95Ratio float64 `json:"p95_ratio"`
}

// Times are of all iterations, in milliseconds.
type Times struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
}

// contest is one question on both sides.
type contest struct {
	question question
	log      *tasklog.TaskLog
	byHand   byHand
	params   []params
	random   *rand.Rand

	ours, bare samples
}

// samples are the durations of a side, those of each round together.
type samples struct{ rounds [][]time.Duration }

func (s *samples) all() []time.Duration { return slices.Concat(s.rounds...) }

// compare puts every variant to both sides, whose answers must be the same. Afterwards their caches are warm.
func (c *contest) compare(ctx context.Context) error {
	answered := false
	for i, p := range c.params {
		ours, err := c.question.ours(ctx, c.log, p)
		if err != nil {
			return fmt.Errorf("%s: %w", c.question.name, err)
		}
		bare, err := c.question.bare(c.byHand, ctx, p)
		if err != nil {
			return fmt.Errorf("%s by hand: %w", c.question.name, err)
		}
		same, err := ours.answer()
		if err != nil {
			return fmt.Errorf("%s: %w", c.question.name, err)
		}
		if len(same.Rows) == 0 && len(bare.Rows) == 0 {
			same.Rows, bare.Rows = nil, nil
		}
		if !reflect.DeepEqual(same, bare) {
			return fmt.Errorf("%s: the answers differ in variant %d: the task log says %s, the query by hand %s", c.question.name, i, brief(same), brief(bare))
		}
		answered = answered || !bare.empty()
	}
	if !answered {
		return fmt.Errorf("%s: no variant finds anything in so small a log", c.question.name)
	}
	return nil
}

// brief is the beginning of an answer.
func brief(a answer) string {
	const most = 1500
	text := fmt.Sprintf("%+v", a)
	return text[:min(len(text), most)]
}

// round measures both sides, one after the other, so many times or until the time, without the pauses, is over. Which is first is random,
// since the second one finds more in the caches.
func (c *contest) round(ctx context.Context, iterations int, budget time.Duration) error {
	var ours, bare []time.Duration
	runtime.GC()
	for end := time.Now().Add(budget); len(ours) < iterations && (len(ours) < leastIterations || time.Now().Before(end)); {
		select {
		case <-time.After(c.question.pause):
			end = end.Add(c.question.pause)
		case <-ctx.Done():
			return ctx.Err()
		}
		p := c.params[c.random.IntN(len(c.params))]
		turns := []func() error{
			func() error {
				return timed(&ours, func() error { _, err := c.question.ours(ctx, c.log, p); return err })
			},
			func() error {
				return timed(&bare, func() error { _, err := c.question.bare(c.byHand, ctx, p); return err })
			},
		}
		if c.random.IntN(2) == 0 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return fmt.Errorf("%s: %w", c.question.name, err)
			}
		}
	}
	c.ours.rounds, c.bare.rounds = append(c.ours.rounds, ours), append(c.bare.rounds, bare)
	return nil
}

func timed(times *[]time.Duration, do func() error) error {
	began := time.Now()
	err := do()
	*times = append(*times, time.Since(began))
	return err
}

func (c *contest) result() QueryResult {
	ratio := func(p float64) float64 {
		ratios := make([]float64, len(c.ours.rounds))
		for i := range ratios {
			ratios[i] = percentile(c.ours.rounds[i], p) / percentile(c.bare.rounds[i], p)
		}
		return percentile(ratios, 0.5)
	}
	times := func(all []time.Duration) Times {
		return Times{P50: millis(percentile(all, 0.5)), P95: millis(percentile(all, 0.95))}
	}
	ours, bare := c.ours.all(), c.bare.all()
	return QueryResult{
		Name: c.question.name, Iterations: len(ours), Ours: times(ours), Bare: times(bare), P50Ratio: ratio(0.5), P95Ratio: ratio(0.95),
	}
}

// percentile is the nearest rank.
func percentile[T float64 | time.Duration](values []T, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return float64(sorted[max(int(math.Ceil(p*float64(len(sorted)))), 1)-1])
}

// millis are nanoseconds in milliseconds, to the microsecond.
func millis(nanos float64) float64 { return math.Round(nanos/1000) / 1000 }
