// Package rounds compares two sides of a benchmark in rounds: what else the machine does, and what it did before, then hits both alike.
package rounds

import (
	"fmt"
	"slices"
)

// Plan says how much is measured. Tasks and Rounds are required.
type Plan struct {
	Tasks    int               // of each side, over all rounds
	Rounds   int               // each has a ratio of its own
	Progress func(line string) // is told about each round
}

// Validate reports what cannot be measured.
func (p Plan) Validate() error {
	switch {
	case p.Rounds < 1:
		return fmt.Errorf("rounds are %d; they must be 1 or more", p.Rounds)
	case p.Tasks < p.Rounds:
		return fmt.Errorf("tasks are %d; there must be one or more for each of the %d rounds", p.Tasks, p.Rounds)
	}
	return nil
}

// Each calls measure once a round with the round's share of the tasks, and returns the median of the ratios, so that one bad round does not
// count. What measure says of its round is told.
func (p Plan) Each(measure func(tasks int) (ratio float64, says string, err error)) (float64, error) {
	ratios := make([]float64, p.Rounds)
	for round := range ratios {
		// The tasks that do not divide evenly go to the first rounds.
		tasks := (p.Tasks + p.Rounds - 1 - round) / p.Rounds
		ratio, says, err := measure(tasks)
		if err != nil {
			return 0, fmt.Errorf("round %d: %w", round+1, err)
		}
		ratios[round] = ratio
		if p.Progress != nil {
			p.Progress(fmt.Sprintf("round %d of %d: %d tasks each, %s, ratio %.3f", round+1, p.Rounds, tasks, says, ratio))
		}
	}
	return median(ratios), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
