package worker

// How many polls for workflow tasks one queue may have open at a time.
const (
	evenWorkflowPolls     = 10
	lightestWorkflowPolls = 2 // the SDK needs two at least: one for new workflows, one for those that this worker remembers
	heaviestWorkflowPolls = 20
)

// workflowPolls returns how many polls for workflow tasks the queue may have open.
//
// A new task is a workflow task first, and these are not gated. If the weights differ, polls are few and in proportion to them, so that
// tasks get to the gate in about this proportion, also when the server is busier than the permits. If the weights are the same, or there
// is one queue, polls are many: a workflow task that finds none open costs the server a write to its backlog.
func (c Config) workflowPolls(q Queue) int {
	lightest, heaviest := q.Weight, q.Weight
	for _, other := range c.served() {
		lightest, heaviest = min(lightest, other.Weight), max(heaviest, other.Weight)
	}
	if lightest == heaviest {
		return evenWorkflowPolls
	}
	return min(lightestWorkflowPolls*q.Weight/lightest, heaviestWorkflowPolls)
}

// OpenPolls returns how many polls a worker of so many queues with the same weight has open at most: those for tasks, those for workflow
// tasks, and the one of the SystemQueue.
func OpenPolls(queues, concurrency int) int {
	return queues*(min(concurrency, maxPollers)+evenWorkflowPolls) + 1
}
