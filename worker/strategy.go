package worker

import (
	"fmt"
	"math/rand/v2"
)

// Strategy says which queue is next when several may have tasks.
type Strategy string

// The strategies.
const (
	// Weight starts tasks of the queues in proportion to their weights. Which queue is first, is drawn by lot with the weights
	// as chances.
	Weight Strategy = "weight"
	// Strict takes the queue of the largest weight; among equals, the one that was configured first.
	Strict Strategy = "strict"
)

// ParseStrategy returns the strategy with this name; the empty name is Weight.
func ParseStrategy(name string) (Strategy, error) {
	switch s := Strategy(name); s {
	case "":
		return Weight, nil
	case Weight, Strict:
		return s, nil
	}
	return "", fmt.Errorf("strategy %q does not exist; strategies are %q and %q", name, Weight, Strict)
}

// pick returns the line that is next, or nil if there are none.
func (s Strategy) pick(lines []*line) *line {
	var best *line
	tied := 0 // sum of the weights of the lines that are equal to the best
	for _, l := range lines {
		switch {
		case best == nil || s.before(l, best):
			best, tied = l, l.weight
		case s == Weight && l.due() == best.due():
			if tied += l.weight; rand.IntN(tied) < l.weight { //nolint:gosec // a lottery among queues needs no cryptography
				best = l
			}
		}
	}
	return best
}

func (s Strategy) before(a, b *line) bool {
	if s == Strict {
		return a.weight > b.weight
	}
	return a.due() < b.due()
}
