package rounds_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
)

func TestEachSharesTheTasksAndReturnsTheMedian(t *testing.T) {
	t.Parallel()
	var shares []int
	var told []string
	ratios := []float64{9, 1, 3, 2}
	p := rounds.Plan{Tasks: 10, Rounds: 4, Progress: func(line string) { told = append(told, line) }}
	ratio, err := p.Each(func(tasks int) (float64, string, error) {
		shares = append(shares, tasks)
		return ratios[len(shares)-1], "all is well", nil
	})
	require.NoError(t, err)
	require.InDelta(t, 2.5, ratio, 0)
	require.Equal(t, []int{3, 3, 2, 2}, shares)
	require.Equal(t, "round 1 of 4: 3 tasks each, all is well, ratio 9.000", told[0])

	_, err = p.Each(func(int) (float64, string, error) { return 0, "", errors.New("it broke") })
	require.EqualError(t, err, "round 1: it broke")
}

func TestTheSidesOfARaceChangePlaces(t *testing.T) {
	t.Parallel()
	var calls []string
	side := func(name string, speed int) rounds.Side {
		return rounds.Side{
			Name:    name,
			Prepare: func(int) error { calls = append(calls, "prepare "+name); return nil },
			Do: func(tasks int) (time.Duration, error) {
				calls = append(calls, fmt.Sprint(name, " ", tasks))
				return time.Second * time.Duration(tasks) / time.Duration(speed), nil
			},
		}
	}
	r := rounds.Race{Plan: rounds.Plan{Tasks: 10, Rounds: 2}, Concurrency: 4}
	speeds, err := r.Run(side("a", 20), side("b", 40))
	require.NoError(t, err)
	require.Equal(t, rounds.Speeds{Ours: 20, Other: 40, Ratio: 0.5}, speeds)
	require.Equal(t, []string{
		"prepare a", "prepare b", "a 8", "b 8", // to get warm
		"prepare a", "prepare b", "a 3", "b 3", "prepare a", "prepare b", "b 2", "a 2",
		"prepare a", "prepare b", "a 3", "b 3", "prepare a", "prepare b", "b 2", "a 2",
	}, calls)
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]rounds.Race{
		"rounds are 0":      {Plan: rounds.Plan{Tasks: 1}, Concurrency: 1},
		"tasks are 1":       {Plan: rounds.Plan{Tasks: 1, Rounds: 2}, Concurrency: 1},
		"concurrency is -1": {Plan: rounds.Plan{Tasks: 1, Rounds: 1}, Concurrency: -1},
	} {
		require.ErrorContains(t, r.Validate(), want)
	}
}
