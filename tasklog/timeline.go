package tasklog

import (
	"context"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/distributed-task-queue/taskqueue/task"
)

// MomentKind says what happened.
type MomentKind string

// What happens to a task. The last moment of one that has ended has the name of its status instead: completed, failed, cancelled, archived.
const (
	MomentEnqueued        MomentKind = "enqueued"
	MomentReady           MomentKind = "ready"           // its delay is over: it waits for a worker
	MomentStarted         MomentKind = "started"         // a worker began to run the action; of several attempts the last
	MomentRetrying        MomentKind = "retrying"        // an attempt failed, and another one will be made at this time
	MomentHandedBack      MomentKind = "handedBack"      // a worker could not run it; it will be offered again at this time
	MomentReturned        MomentKind = "returned"        // the action ended; the task may still wait for its children
	MomentCancelRequested MomentKind = "cancelRequested" // somebody asked that it be cancelled
)

// Moment is something that happened to a task.
type Moment struct {
	At   time.Time  `json:"at"`
	Kind MomentKind `json:"kind"`
	// Worker is what the worker calls itself that started the action.
	Worker string `json:"worker,omitempty"`
	// Detail is why the last attempt failed.
	Detail string `json:"detail,omitempty"`
}

// Timeline returns what happened to the task, the first thing first. It asks Temporal itself, so it is always current. Of an archived
// task only the enqueuing and the archiving are known. The error is a *NotFoundError if there is no such task.
func (l *TaskLog) Timeline(ctx context.Context, id task.ID) ([]Moment, error) {
	r, err := l.current(ctx, id, SuperUser)
	if err != nil {
		return nil, err
	}
	timeline := []Moment{{At: r.row.CreatedAt, Kind: MomentEnqueued}}
	if r.row.Status == task.Archived {
		return append(timeline, Moment{At: r.row.UpdatedAt, Kind: MomentKind(task.Archived)}), nil
	}
	if timeline, err = l.happened(ctx, r, timeline); err != nil {
		return nil, getError(id, err)
	}
	for _, a := range r.described.GetPendingActivities() {
		if m, ok := pending(a); ok && a.GetActivityType().GetName() == r.row.TaskName {
			timeline = append(timeline, m)
		}
	}
	if ended := r.described.GetWorkflowExecutionInfo().GetCloseTime(); ended != nil {
		timeline = append(timeline, Moment{At: ended.AsTime(), Kind: MomentKind(r.row.Status)})
	}
	slices.SortStableFunc(timeline, func(a, b Moment) int { return a.At.Compare(b.At) })
	return timeline, nil
}

// happened adds what the run's history tells.
func (l *TaskLog) happened(ctx context.Context, r run, timeline []Moment) ([]Moment, error) {
	actions := map[int64]bool{} // the events that scheduled the action
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: l.config.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: string(r.row.ID), RunId: r.row.RunID},
	}
	for {
		page, err := l.config.Client.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, e := range page.GetHistory().GetEvents() {
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == r.row.TaskName {
				actions[e.GetEventId()] = true
			}
			if m, scheduled := moment(e); m.Kind != "" && (scheduled == 0 || actions[scheduled]) {
				m.At = e.GetEventTime().AsTime()
				timeline = append(timeline, m)
			}
		}
		if len(page.GetNextPageToken()) == 0 {
			return timeline, nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// moment returns what an event tells, and which event scheduled the activity that it is about, 0 if it is about none.
func moment(e *historypb.HistoryEvent) (m Moment, scheduled int64) {
	switch a := e.GetAttributes().(type) {
	case *historypb.HistoryEvent_ActivityTaskScheduledEventAttributes:
		return Moment{Kind: MomentReady}, e.GetEventId()
	case *historypb.HistoryEvent_ActivityTaskStartedEventAttributes:
		started := a.ActivityTaskStartedEventAttributes
		return Moment{Kind: MomentStarted, Worker: started.GetIdentity(), Detail: reason(started.GetLastFailure())}, started.GetScheduledEventId()
	case *historypb.HistoryEvent_ActivityTaskCompletedEventAttributes:
		return Moment{Kind: MomentReturned}, a.ActivityTaskCompletedEventAttributes.GetScheduledEventId()
	case *historypb.HistoryEvent_ActivityTaskFailedEventAttributes:
		failed := a.ActivityTaskFailedEventAttributes
		return Moment{Kind: MomentReturned, Detail: reason(failed.GetFailure())}, failed.GetScheduledEventId()
	case *historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes:
		late := a.ActivityTaskTimedOutEventAttributes
		return Moment{Kind: MomentReturned, Detail: reason(late.GetFailure())}, late.GetScheduledEventId()
	case *historypb.HistoryEvent_ActivityTaskCanceledEventAttributes:
		return Moment{Kind: MomentReturned}, a.ActivityTaskCanceledEventAttributes.GetScheduledEventId()
	case *historypb.HistoryEvent_WorkflowExecutionCancelRequestedEventAttributes:
		return Moment{Kind: MomentCancelRequested}, 0
	default:
		return Moment{}, 0
	}
}

// pending returns what is known of an action that has not ended, which no event tells.
func pending(a *workflowpb.PendingActivityInfo) (Moment, bool) {
	switch {
	case hasStarted(a):
		return Moment{At: a.GetLastStartedTime().AsTime(), Kind: MomentStarted, Worker: a.GetLastWorkerIdentity(), Detail: reason(a.GetLastFailure())}, true
	case a.GetLastFailure() == nil || a.GetNextAttemptScheduleTime() == nil:
		return Moment{}, false
	case benign(a.GetLastFailure()):
		return Moment{At: a.GetNextAttemptScheduleTime().AsTime(), Kind: MomentHandedBack, Detail: a.GetLastFailure().GetMessage()}, true
	default:
		return Moment{At: a.GetNextAttemptScheduleTime().AsTime(), Kind: MomentRetrying, Detail: reason(a.GetLastFailure())}, true
	}
}

// reason says why an attempt failed; empty if it did not.
func reason(f *failurepb.Failure) string {
	if benign(f) {
		return ""
	}
	return f.GetMessage()
}

// benign reports whether nothing has failed: a worker handed the action back before it ran.
func benign(f *failurepb.Failure) bool {
	return f.GetApplicationFailureInfo().GetCategory() == enumspb.APPLICATION_ERROR_CATEGORY_BENIGN
}
