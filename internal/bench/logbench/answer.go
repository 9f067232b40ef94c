package logbench

import (
	"encoding/json"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/proto"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// answer is what a query by hand makes of the store's answer, as a program that wants it would. What was not asked for is empty.
type answer struct {
	Rows   []row
	Total  int64
	Stats  tasklog.Stats
	Groups []group
}

// row is a task in a list.
type row struct {
	ID, ParentID, Action, Parameters, Label, Status, Owner, Category, Queue string

	Master             bool
	CreatedAt, Updated time.Time
	Report             *report
	Attempts           int
}

type report struct {
	Type     string   `json:"type"`
	Message  string   `json:"message"`
	Data     any      `json:"data"`
	Children []report `json:"children"`
}

// group is the tasks that have a value in common, and how many seconds they took.
type group struct {
	Value                    string
	Count                    int64
	Timed                    int64
	Min, Mean, P50, P95, Max float64
}

// complete fills in what follows from the stored status, the execution's and the memo.
func (r *row) complete(stored, execution string, memo []byte) error {
	r.Status = stored
	switch execution {
	case "Terminated", "Canceled":
		r.Status = "cancelled"
	case "Failed", "TimedOut":
		r.Status = "failed"
	}
	if len(memo) == 0 {
		if r.Status == "cancelled" && stored == "enqueued" {
			r.Report = &report{Type: "info", Message: "Task " + r.ID + " has been cancelled, message was not processed.", Children: []report{}}
		}
		return nil
	}
	var fields commonpb.Memo
	if err := proto.Unmarshal(memo, &fields); err != nil {
		return fmt.Errorf("decode the memo of task %q: %w", r.ID, err)
	}
	if payload, ok := fields.GetFields()[attribute.MemoReport]; ok {
		if err := json.Unmarshal(payload.GetData(), &r.Report); err != nil {
			return fmt.Errorf("decode the report of task %q: %w", r.ID, err)
		}
	}
	if payload, ok := fields.GetFields()[attribute.MemoAttempts]; ok {
		if err := json.Unmarshal(payload.GetData(), &r.Attempts); err != nil {
			return fmt.Errorf("decode the attempts of task %q: %w", r.ID, err)
		}
	}
	return nil
}

// found is the task log's answer.
type found struct {
	page   tasklog.Page
	table  tasklog.DataTablePayload
	stats  tasklog.Stats
	groups tasklog.Groups
}

// answer is the same in the form of the other, to compare them.
func (f found) answer() (answer, error) {
	a := answer{Total: f.page.Total + f.table.Count, Stats: f.stats} // of one of them
	tasks := f.page.Tasks
	for _, r := range f.table.Data {
		tasks = append(tasks, r.Entity)
	}
	for _, e := range tasks {
		r := row{
			ID: string(e.ID), ParentID: string(e.ParentID), Action: e.TaskName, Parameters: e.Parameters, Label: e.Label, Status: string(e.Status),
			Owner: e.Owner, Category: string(e.Category), Queue: e.Queue, Master: e.MasterStatus, CreatedAt: e.CreatedAt, Updated: e.UpdatedAt,
			Attempts: e.Attempts,
		}
		encoded, err := json.Marshal(e.Report)
		if err != nil {
			return answer{}, fmt.Errorf("encode the report of task %q: %w", e.ID, err)
		}
		if err := json.Unmarshal(encoded, &r.Report); err != nil {
			return answer{}, fmt.Errorf("decode the report of task %q: %w", e.ID, err)
		}
		a.Rows = append(a.Rows, r)
	}
	for _, g := range f.groups.Groups {
		own := group{Value: g.Value, Count: g.Count}
		if t := g.Times; t != nil {
			own.Timed, own.Min, own.Mean, own.P50, own.P95, own.Max = t.Count, t.Min, t.Mean, t.P50, t.P95, t.Max
		}
		a.Groups = append(a.Groups, own)
	}
	return a, nil
}

// empty reports whether the answer says nothing.
func (a answer) empty() bool {
	return len(a.Rows) == 0 && len(a.Groups) == 0 && a.Stats == tasklog.Stats{}
}
