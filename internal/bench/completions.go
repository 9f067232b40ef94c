package bench

import (
	"sync"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// completions notes which workflows have ended, in the process that runs them: both sides' workers tell it, so
// neither pays for being watched.
type completions struct {
	interceptor.InterceptorBase

	mu      sync.Mutex
	pending map[task.ID]bool
	all     chan struct{} // closed when nothing is pending
}

func newCompletions() *completions { return &completions{} }

// expect starts over. The returned channel is closed when all of the workflows have ended.
func (c *completions) expect(ids []task.ID) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = make(map[task.ID]bool, len(ids))
	for _, id := range ids {
		c.pending[id] = true
	}
	c.all = make(chan struct{})
	return c.all
}

// ended may be told twice of a workflow: when its last step is replayed.
func (c *completions) ended(id task.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pending[id] {
		return
	}
	delete(c.pending, id)
	if len(c.pending) == 0 {
		close(c.all)
	}
}

// InterceptWorkflow is called by the SDK for each run of a workflow.
func (c *completions) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &inbound{completions: c}
	i.Next = next
	return i
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	completions *completions
}

// ExecuteWorkflow tells the end of the workflow. It is not deferred: what is evicted from a worker's cache has not ended.
func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	result, err := i.Next.ExecuteWorkflow(ctx, in)
	i.completions.ended(task.ID(workflow.GetInfo(ctx).WorkflowExecution.ID))
	return result, err
}
