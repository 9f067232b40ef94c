package worker

import "time"

// How long an open poll holds a permit back for what it may bring. A poll that is open for longer says that its queue
// is empty.
const (
	minFresh = 50 * time.Millisecond // a queue with tasks answers within a few milliseconds
	maxFresh = holdFor               // so no task is handed back for a poll that brings nothing
	// freshAnswers times what the quickest queue with a backlog takes to answer, all get: when the server is slow, it is so
	// for all.
	freshAnswers = 4
)

// poll is one open poll.
type poll struct {
	line   *line
	state  pollState
	opened time.Time
	parked time.Time // when the permit went back
	timer  *time.Timer
}

type pollState int

const (
	pollFresh pollState = iota
	pollParked
	pollUsed // it brought a task
	pollReleased
)

// freshFor returns how long a poll that is opened now stays fresh. The caller holds the lock.
func (g *gate) freshFor() time.Duration {
	var quickest time.Duration
	for _, l := range g.lines {
		if l.backlog && l.streak > 0 && (quickest == 0 || l.answer < quickest) {
			quickest = l.answer
		}
	}
	return min(max(freshAnswers*quickest, minFresh), maxFresh)
}

// answered takes note of how long a poll took to bring a task.
func (l *line) answered(took time.Duration) {
	took = min(took, maxFresh) // it may as well have waited for a task to come
	if l.answer == 0 {
		l.answer = took
	}
	l.answer += (took - l.answer) / 4
}
