package worker

import "time"

// maxStreak bounds how long a queue is thought to have tasks when its polls bring none any more.
const maxStreak = 2 * maxPollers

// line is what the gate knows of one queue.
type line struct {
	name     string
	weight   int
	reserved int // permits that only this queue's tasks may use

	waiting  []chan *poll // who wants to poll, oldest first
	here     []*hold      // tasks that came without a poll and wait for the queue's turn, oldest first
	fresh    int          // open polls that hold a permit back
	parked   int          // open polls that hold none
	granted  int          // received tasks whose poll held a permit, that have not begun
	begun    int          // received tasks whose slot is not released
	running  int
	held     int           // received tasks that wait for a permit
	streak   int           // rises with each task received, up to maxStreak, and is halved by a poll that brought none in time
	backlog  bool          // the last task had waited in the queue for longer than polls take, so it was not alone
	answer   time.Duration // how long a poll takes to bring a task, smoothed; 0 is not known
	lastHere time.Time     // when a task last came without a poll

	pass   float64 // see stride.go
	gauges gauges
}

func newLine(q Queue) *line {
	l := &line{name: q.Name, weight: q.Weight, reserved: q.Reserved, gauges: noGauges}
	l.pass = l.firstPass()
	return l
}

// taken returns how many permits the queue uses or holds back.
func (l *line) taken() int { return l.running + l.granted + l.fresh }

// contends tells whether the queue may have a task for a free permit.
func (l *line) contends() bool {
	if len(l.here) > 0 {
		return true
	}
	if l.streak > 0 {
		// Each task that came lets one more poll look for the next, so a queue of which tasks come singly holds one permit
		// back, not many.
		return l.fresh < l.streak && (len(l.waiting) > 0 || l.fresh > 0)
	}
	// A queue that is not known to have tasks gets one poll, so that no more than one task can come from it when no permit
	// is free.
	return len(l.waiting) > 0 && l.fresh+l.parked == 0
}
