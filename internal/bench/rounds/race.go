package rounds

import (
	"fmt"
	"slices"
	"time"
)

// Race is a plan for sides whose speed is measured.
type Race struct {
	Plan

	Concurrency int // how many tasks a side deals with at a time; required
}

// Validate reports what cannot be measured.
func (r Race) Validate() error {
	if err := r.Plan.Validate(); err != nil {
		return err
	}
	if r.Concurrency < 1 {
		return fmt.Errorf("concurrency is %d; it must be 1 or more", r.Concurrency)
	}
	return nil
}

// Side is one of the two that are compared.
type Side struct {
	Name string
	// Prepare makes ready what Do needs. It is called before either side of a round is measured, so that neither gains by the pause. It may
	// be nil.
	Prepare func(tasks int) error
	// Do deals with that many tasks, and returns how long it took.
	Do func(tasks int) (time.Duration, error)
}

// Speeds are what was measured.
type Speeds struct {
	Ours, Other float64 // tasks per second, over all rounds
	Ratio       float64 // of our speed by the other: the median of the rounds' ratios
}

// Run measures. In each round one side comes after the other; which is first alternates.
func (r Race) Run(ours, other Side) (Speeds, error) {
	sides, order := []Side{ours, other}, []int{0, 1}
	// Not counted: until connections and servers are warm.
	if _, err := measure(sides, order, 2*r.Concurrency); err != nil {
		return Speeds{}, err
	}
	var total [2]time.Duration
	ratio, err := r.Each(func(tasks int) (float64, string, error) {
		took, err := measure(sides, order, tasks)
		if err != nil {
			return 0, "", err
		}
		slices.Reverse(order)
		total[0], total[1] = total[0]+took[0], total[1]+took[1]
		says := fmt.Sprintf("%s %.1f/s, %s %.1f/s", ours.Name, rate(tasks, took[0]), other.Name, rate(tasks, took[1]))
		return took[1].Seconds() / took[0].Seconds(), says, nil
	})
	return Speeds{Ours: rate(r.Tasks, total[0]), Other: rate(r.Tasks, total[1]), Ratio: ratio}, err
}

// measure returns how long each side takes, one after the other in this order.
func measure(sides []Side, order []int, tasks int) (took [2]time.Duration, err error) {
	for _, side := range sides {
		if side.Prepare != nil {
			if err := side.Prepare(tasks); err != nil {
				return took, err
			}
		}
	}
	for _, i := range order {
		if took[i], err = sides[i].Do(tasks); err != nil {
			return took, err
		}
	}
	return took, nil
}

func rate(tasks int, took time.Duration) float64 { return float64(tasks) / took.Seconds() }
