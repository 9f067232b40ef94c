package worker

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func between(low, high time.Duration) func() time.Duration {
	return func() time.Duration { return low + rand.N(high-low) }
}

// now and then a poll takes longer than it stays fresh.
func hiccups(usual time.Duration) func() time.Duration {
	return func() time.Duration {
		if rand.IntN(100) == 0 {
			return 2 * minFresh
		}
		return usual
	}
}

func TestSharesAreExactHoweverTheServerAnswers(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, answer := range map[string]func() time.Duration{
		"quickly":         between(2*ms, 10*ms),
		"at times slowly": hiccups(20 * ms),
		"always slowly":   between(80*ms, 81*ms),
		"very slowly":     between(200*ms, 450*ms),
		"now so, now so":  between(20*ms, 120*ms),
	} {
		for _, queues := range [][]Queue{
			{{Name: "a", Weight: 1}, {Name: "b", Weight: 2}},
			{{Name: "a", Weight: 90}, {Name: "b", Weight: 30}, {Name: "c", Weight: 10}},
		} {
			for _, permits := range []int{1, 2, 8} {
				for _, run := range []time.Duration{ms, 100 * ms} {
					t.Run(fmt.Sprintf("%d queues answer %s, %d permits, %s", len(queues), name, permits, run), func(t *testing.T) {
						t.Parallel()
						var sims []simulated
						for _, q := range queues {
							sims = append(sims, simulated{Queue: q, backlog: 1000, answer: answer, run: run})
						}
						s := simulate(t, Weight, permits, starts(600), sims...)
						requireShares(t, 3, 600, s.count, queues...)
					})
				}
			}
		}
	}
}

func TestAnEmptyQueueCostsTheOthersNothing(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, permits := range []int{1, 8} {
		a := simulated{Queue: Queue{Name: "a", Weight: 1}, backlog: 1000, answer: between(5*ms, 6*ms), run: 10 * ms}
		alone := simulate(t, Weight, permits, starts(600), a)
		beside := simulate(t, Weight, permits, starts(600), a,
			simulated{Queue: Queue{Name: "empty", Weight: 100}, answer: a.answer},
			simulated{Queue: Queue{Name: "void", Weight: 100}, answer: a.answer})
		// Each of them has held one permit back once.
		require.Less(t, beside.took, alone.took+alone.took/20+2*minFresh)
	}
}

func TestAQueueOfSingleTasksCostsTheOthersLittle(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	a := simulated{Queue: Queue{Name: "a", Weight: 1}, backlog: 3000, answer: between(5*ms, 6*ms), run: 10 * ms}
	alone := simulate(t, Weight, 8, starts(2000), a)
	beside := simulate(t, Weight, 8, starts(2000), a,
		simulated{Queue: Queue{Name: "rare", Weight: 100}, answer: a.answer, run: 10 * ms, arrive: 200 * ms})
	// After each task that came singly, a permit or two of eight wait for the next in vain.
	require.Less(t, beside.took, alone.took*12/10)
}

func TestAQueueThatWasEmptyHasNoCredit(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	s := simulate(t, Weight, 1, starts(600),
		simulated{Queue: Queue{Name: "a", Weight: 1}, backlog: 1000, answer: always(5 * ms), run: 10 * ms},
		// Its first task comes when a has run for 3 s.
		simulated{Queue: Queue{Name: "late", Weight: 1}, answer: always(5 * ms), run: 10 * ms, late: 3 * time.Second, backlog: 1000})
	first := 0
	for s.starts[first] != "late" {
		first++
	}
	require.Greater(t, first, 100)
	s.starts = s.starts[first:]
	require.InDelta(t, 50, s.count("late", 100), 4)
}

func TestStrictTakesTheHeaviestQueueThatHasTasks(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, permits := range []int{1, 8} {
		s := simulate(t, Strict, permits, starts(400),
			simulated{Queue: Queue{Name: "light", Weight: 1}, backlog: 1000, answer: between(5*ms, 10*ms), run: 10 * ms},
			simulated{Queue: Queue{Name: "heavy", Weight: 2}, backlog: 300, answer: between(5*ms, 10*ms), run: 10 * ms})
		// Beside the heavy queue's first poll and its last, permits are free for the light one.
		require.Greater(t, s.count("heavy", 300), 270)
		require.Equal(t, 300, s.count("heavy", 400))
	}
}

func TestTheFirstDrawIsALotteryByWeight(t *testing.T) {
	t.Parallel()
	drawn := map[string]int{}
	const draws = 8000
	for range draws {
		lines := []*line{newLine(Queue{Name: "light", Weight: 1}), newLine(Queue{Name: "heavy", Weight: 3})}
		drawn[Weight.pick(lines).name]++
	}
	// Five standard deviations to either side.
	require.InDelta(t, draws*3/4, drawn["heavy"], 5*38.7)
}

func TestTiesAreDrawnByWeight(t *testing.T) {
	t.Parallel()
	drawn := map[string]int{}
	const draws = 8000
	for range draws {
		light, heavy := newLine(Queue{Name: "light", Weight: 1}), newLine(Queue{Name: "heavy", Weight: 3})
		light.pass, heavy.pass = 7, 7
		drawn[Weight.pick([]*line{light, heavy}).name]++
	}
	require.InDelta(t, draws*3/4, drawn["heavy"], 5*38.7)
}

func TestStrictPick(t *testing.T) {
	t.Parallel()
	light, heavy, equal := &line{name: "light", weight: 1}, &line{name: "heavy", weight: 3}, &line{name: "equal", weight: 3}
	require.Same(t, heavy, Strict.pick([]*line{light, heavy, equal}))
	require.Nil(t, Strict.pick(nil))
}
