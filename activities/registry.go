package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Func runs an action: it gets the task's parameters as JSON and returns the task's report.
// An error or a panic becomes a report of type error, so the task fails.
type Func func(ctx context.Context, parameters json.RawMessage) (task.Report, error)

// Action is something that tasks can ask for.
type Action struct {
	Name string // what tasks call it; also the Temporal activity type
	Run  Func
	// Queue names the queue for a task with these parameters; "" leaves it to the
	// dispatcher. Once the action is added, a panic is an error. Optional.
	Queue func(parameters json.RawMessage) (string, error)
	// Category of a task with these parameters; "" leaves it to the configuration. Once the action is added, a panic is an error. Optional.
	Category func(parameters json.RawMessage) (task.Category, error)
	// Schema is the JSON schema of the parameters, for forms and documentation. Optional; Register makes it.
	Schema json.RawMessage
	// Policy says how the action may be run. Default: at most once, for as long as it takes.
	Policy task.Policy
	// Permanent are errors, in the sense of errors.Is, after which an idempotent action is not started again. Optional.
	Permanent []error
	// RemoteStatus returns the status of the work that the action has started elsewhere. If it is given, a task whose action has
	// completed stays running until the status is one of a task that is done: failed fails the task, anything else completes
	// it. An error is taken for "not yet known". Optional.
	RemoteStatus func(ctx context.Context, t *task.Task) (task.Status, error)
}

// Args are an action's parameters as a Go type: they know the name of their action.
type Args interface {
	// Action returns the action's name. It is called on the zero value too.
	Action() string
}

// QueueNamer is implemented by Args that choose their queue at run time. Its answer wins over the
// dispatcher's associations; "" leaves the choice to them.
type QueueNamer interface {
	QueueName() string
}

// Categoriser is implemented by Args that know their category.
type Categoriser interface {
	Category() task.Category
}

// PolicyHolder is implemented by Args whose action may be run more than once, or has a timeout. It is called on the
// zero value.
type PolicyHolder interface {
	Policy() task.Policy
}

// PermanentErrorsHolder is implemented by Args whose idempotent action must not be started again after some errors, in
// the sense of errors.Is. It is called on the zero value.
type PermanentErrorsHolder interface {
	PermanentErrors() []error
}

// RemoteTask is implemented by Args whose action starts work elsewhere: see Action.RemoteStatus.
type RemoteTask interface {
	RemoteStatus(ctx context.Context, t *task.Task) (task.Status, error)
}

// Registry holds the actions that a program knows. It is safe for concurrent use.
type Registry struct {
	mu      sync.RWMutex
	actions map[string]Action
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return &Registry{actions: make(map[string]Action)} }

// Add adds an action. A name can be added once.
func (r *Registry) Add(a Action) error {
	if a.Name == "" {
		return errors.New("register action: its name is empty")
	}
	if a.Run == nil {
		return fmt.Errorf("register action %q: it has no function to run", a.Name)
	}
	if err := a.policy().Validate(); err != nil {
		return fmt.Errorf("register action %q: %w", a.Name, err)
	}
	a.Queue, a.Category = guarded(a.Queue), guarded(a.Category)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, exists := r.actions[a.Name]; exists {
		return fmt.Errorf("register action %q: it is registered already", a.Name)
	}
	r.actions[a.Name] = a
	return nil
}

// guarded returns f with its panics made errors. It is the application's, and some who ask it have nobody above them to recover: a relay
// that a message makes panic would do so again whenever it is started.
func guarded[T any](f func(json.RawMessage) (T, error)) func(json.RawMessage) (T, error) {
	if f == nil {
		return nil
	}
	return func(parameters json.RawMessage) (answer T, err error) {
		defer func() {
			if reason := recover(); reason != nil {
				err = fmt.Errorf("panic: %v", reason)
			}
		}()
		return f(parameters)
	}
}

// Lookup returns the action with this name.
func (r *Registry) Lookup(name string) (Action, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a, ok := r.actions[name]
	return a, ok
}

// Names returns the names of all actions, sorted.
func (r *Registry) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.actions))
	for name := range r.actions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Register adds the action of the typed parameters P. Parameters that do not decode into P, or that have
// fields unknown to P, fail the task with a report that says so.
func Register[P Args](r *Registry, run func(context.Context, P) (task.Report, error)) error {
	var zero P
	a := Action{
		Name: zero.Action(), Schema: schemaOf[P](),
		Run: func(ctx context.Context, raw json.RawMessage) (task.Report, error) {
			p, err := Decode[P](raw)
			if err != nil {
				return task.Report{}, err
			}
			return run(ctx, p)
		},
	}
	if holder, ok := any(zero).(PolicyHolder); ok {
		a.Policy = holder.Policy()
	}
	if holder, ok := any(zero).(PermanentErrorsHolder); ok {
		a.Permanent = holder.PermanentErrors()
	}
	if _, ok := any(zero).(RemoteTask); ok {
		a.RemoteStatus = func(ctx context.Context, t *task.Task) (task.Status, error) {
			p, err := Decode[P](t.Parameters)
			if err != nil {
				return "", Permanent(err)
			}
			return any(p).(RemoteTask).RemoteStatus(ctx, t)
		}
	}
	if _, ok := any(zero).(QueueNamer); ok {
		a.Queue = func(raw json.RawMessage) (string, error) {
			p, err := Decode[P](raw)
			if err != nil {
				return "", err
			}
			return any(p).(QueueNamer).QueueName(), nil
		}
	}
	if _, ok := any(zero).(Categoriser); ok {
		a.Category = func(raw json.RawMessage) (task.Category, error) {
			p, err := Decode[P](raw)
			if err != nil {
				return "", err
			}
			return any(p).(Categoriser).Category(), nil
		}
	}
	return r.Add(a)
}
