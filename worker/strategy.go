package worker

import (
	"fmt"
	"math/rand/v2"
)

// Strategy draws the queue that may be asked for its next task.
type Strategy string

// The strategies.
const (
	// Weight draws by lot: a queue's chance is its weight by the sum of all weights.
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

// pick returns one of the candidates, of which there is at least one.
func (s Strategy) pick(candidates []*line) *line {
	if s == Strict {
		best := candidates[0]
		for _, c := range candidates[1:] {
			if c.weight > best.weight {
				best = c
			}
		}
		return best
	}
	sum := 0
	for _, c := range candidates {
		sum += c.weight
	}
	lot := rand.IntN(sum) //nolint:gosec // a lottery among queues needs no cryptography
	for _, c := range candidates {
		if lot -= c.weight; lot < 0 {
			return c
		}
	}
	panic("unreachable: the lot is below the sum of the weights")
}
