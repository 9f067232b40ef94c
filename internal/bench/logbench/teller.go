package logbench

import "fmt"

// teller tells now and then how far the log is written.
type teller struct {
	tasks, told int
	progress    func(string)
}

func newTeller(tasks int, progress func(string)) *teller {
	return &teller{tasks: tasks, progress: progress}
}

const tellings = 10

func (t *teller) written(tasks int) {
	if part := tasks * tellings / t.tasks; part > t.told {
		t.told = part
		t.progress(fmt.Sprintf("%d of %d tasks are written", tasks, t.tasks))
	}
}
