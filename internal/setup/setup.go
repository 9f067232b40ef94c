// Package setup makes a Temporal server ready for tasks.
package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
)

// DefaultRetention is how long finished tasks are kept in a namespace that was made here.
const DefaultRetention = 30 * 24 * time.Hour

// DefaultTimeout is how long a server may take to accept what was registered. Servers read their registry of
// search attributes again once a minute.
const DefaultTimeout = 90 * time.Second

// Options of Run. The zero value is the default of each field.
type Options struct {
	// Retention is how long finished tasks are kept in a namespace that Run registers. That of an existing
	// namespace is not changed, but Progress is told if it is another one. Default: DefaultRetention.
	Retention time.Duration
	// Timeout is how long Run waits for the server to accept what it registered. Default: DefaultTimeout.
	Timeout time.Duration
	// Initialize creates what the queues need to be stored, as taskqueue.Client.Initialize does. Optional.
	Initialize func(context.Context) error
	// Progress is told what has been done, a sentence at a time. Optional.
	Progress func(string)
}

// withDefaults returns a copy in which every default is filled in.
func (o Options) withDefaults() Options {
	o.Retention = cmp.Or(o.Retention, DefaultRetention)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	if o.Initialize == nil {
		o.Initialize = func(context.Context) error { return nil }
	}
	return o
}

// TypeConflictError says that search attributes exist already, with types that the task log cannot use.
type TypeConflictError struct{ Conflicts []TypeConflict }

// TypeConflict is one search attribute of a TypeConflictError.
type TypeConflict struct {
	Name       string
	Have, Want enumspb.IndexedValueType
}

func (e *TypeConflictError) Error() string {
	parts := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		parts[i] = fmt.Sprintf("%s has the type %s but must have %s", c.Name, c.Have, c.Want)
	}
	return "search attributes exist with other types: " + strings.Join(parts, "; ") +
		". Use another namespace, or rename them with `temporal operator search-attribute rename`"
}

// Run registers the namespace and the search attributes if they are missing, waits until the server accepts
// tasks with them, and initializes the queues. The client must be connected to that namespace. Run may be called again,
// and by several programs at once.
func Run(ctx context.Context, c client.Client, namespace string, options Options) error {
	s := &setup{client: c, namespace: namespace, options: options.withDefaults()}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{fmt.Sprintf("register the namespace %q", namespace), s.registerNamespace},
		{"register the search attributes", s.registerAttributes},
		{"wait for the server to accept the search attributes", s.awaitAcceptance},
		{"initialize the queues", s.options.Initialize},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("set up: %s: %w", step.name, err)
		}
	}
	s.progressf("The queues are initialized.")
	return nil
}

type setup struct {
	client    client.Client
	namespace string
	options   Options
}

func (s *setup) progressf(format string, args ...any) {
	s.options.Report(fmt.Sprintf(format, args...))
}

// Report tells Progress what has been done, if there is one.
func (o Options) Report(done string) {
	if o.Progress != nil {
		o.Progress(done)
	}
}

func (s *setup) registerNamespace(ctx context.Context) error {
	service := s.client.WorkflowService()
	described, err := service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.namespace})
	if err == nil {
		s.reportExisting(described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
		return nil
	}
	if !isNamespaceNotFound(err) {
		return err
	}
	_, err = service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        s.namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(s.options.Retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) { // another program may have been faster
		return err
	}
	s.progressf("The namespace %q is registered; it keeps finished tasks for %s.", s.namespace, s.options.Retention)
	return nil
}

// reportExisting tells how long a namespace that was there keeps finished tasks. Whoever made it chose that, so it is told and not changed.
func (s *setup) reportExisting(retention time.Duration) {
	if retention == s.options.Retention {
		s.progressf("The namespace %q exists; it keeps finished tasks for %s.", s.namespace, retention)
		return
	}
	s.progressf("The namespace %q exists; it keeps finished tasks for %s, and not for %s: `temporal operator namespace update --namespace %s --retention %s` changes that.",
		s.namespace, retention, s.options.Retention, s.namespace, s.options.Retention)
}

func (s *setup) registerAttributes(ctx context.Context) error {
	var missing map[string]enumspb.IndexedValueType
	// A namespace that was registered just now is not known to all parts of the server.
	err := poll(ctx, s.options.Timeout, isNamespaceNotFound, func(ctx context.Context) (err error) {
		missing, err = s.missingAttributes(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		s.progressf("The search attributes exist.")
		return nil
	}
	_, err = s.client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: s.namespace, SearchAttributes: missing,
	})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) { // another program may have been faster
		return err
	}
	s.progressf("The search attributes are registered: %s.", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	return nil
}

func (s *setup) missingAttributes(ctx context.Context) (map[string]enumspb.IndexedValueType, error) {
	registered, err := s.client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.namespace})
	if err != nil {
		return nil, err
	}
	missing := attribute.Types()
	var conflicts []TypeConflict
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		have, exists := registered.GetCustomAttributes()[name]
		if !exists {
			continue
		}
		if want := missing[name]; have != want {
			conflicts = append(conflicts, TypeConflict{Name: name, Have: have, Want: want})
		}
		delete(missing, name)
	}
	if len(conflicts) > 0 {
		return nil, &TypeConflictError{Conflicts: conflicts}
	}
	return missing, nil
}

func isNamespaceNotFound(err error) bool {
	var notFound *serviceerror.NamespaceNotFound
	return errors.As(err, &notFound)
}
