package rounds

import (
	"fmt"
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

// Run measures. In each round the sides go in the order ours, other, other, ours, with half of the round's tasks each time: a server still has
// something to do for those who came first when the next ones come.
func (r Race) Run(ours, other Side) (Speeds, error) {
	sides := []Side{ours, other}
	// Not counted: until connections and servers are warm.
	var ignored [2]time.Duration
	if err := measure(sides, []int{0, 1}, 2*r.Concurrency, &ignored); err != nil {
		return Speeds{}, err
	}
	var total [2]time.Duration
	ratio, err := r.Each(func(tasks int) (float64, string, error) {
		var took [2]time.Duration
		if err := measure(sides, []int{0, 1}, tasks-tasks/2, &took); err != nil {
			return 0, "", err
		}
		if err := measure(sides, []int{1, 0}, tasks/2, &took); err != nil {
			return 0, "", err
		}
		total[0], total[1] = total[0]+took[0], total[1]+took[1]
		says := fmt.Sprintf("%s %.1f/s, %s %.1f/s", ours.Name, rate(tasks, took[0]), other.Name, rate(tasks, took[1]))
		return took[1].Seconds() / took[0].Seconds(), says, nil
	})
	return Speeds{Ours: rate(r.Tasks, total[0]), Other: rate(r.Tasks, total[1]), Ratio: ratio}, err
}

// measure adds how long each side takes, one after the other in this order.
func measure(sides []Side, order []int, tasks int, took *[2]time.Duration) error {
	if tasks == 0 {
		return nil
	}
	for _, side := range sides {
		if side.Prepare != nil {
			if err := side.Prepare(tasks); err != nil {
				return err
			}
		}
	}
	for _, i := range order {
		d, err := sides[i].Do(tasks)
		if err != nil {
			return err
		}
		took[i] += d
	}
	return nil
}

func rate(tasks int, took time.Duration) float64 { return float64(tasks) / took.Seconds() }
