package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/distributed-task-queue/taskqueue/internal/probe"
)

const (
	// pollInterval is how often the server is asked again.
	pollInterval = 250 * time.Millisecond
	// probeTimeout ends a probe that could not be deleted.
	probeTimeout = time.Minute
	// deleteTimeout is how long the server may take to delete it.
	deleteTimeout = 10 * time.Second
)

// awaitAcceptance proves that tasks can be stored and found: it starts a workflow that has every search attribute,
// waits until a search by them finds it, and deletes it. Asking the registry would not do: the parts of a server that start
// workflows and that write the index read it in their own time.
func (s *setup) awaitAcceptance(ctx context.Context) error {
	began := time.Now()
	p := probe.New(s.client, s.namespace)
	err := poll(ctx, s.options.Timeout, isNotAcceptedYet, func(ctx context.Context) error {
		return p.Start(ctx, probeTimeout+s.options.Timeout)
	})
	if err != nil {
		return err
	}
	found := poll(ctx, s.options.Timeout, isNotAcceptedYet, func(ctx context.Context) error {
		found, err := p.Found(ctx)
		if err == nil && !found {
			err = errNotIndexed
		}
		return err
	})
	if err := errors.Join(found, p.Delete(ctx, deleteTimeout)); err != nil {
		return err
	}
	s.progressf("The server accepts the search attributes (after %s).", time.Since(began).Round(time.Millisecond))
	return nil
}

// errNotIndexed says that the probe was taken but is not found.
var errNotIndexed = errors.New("a workflow with the search attributes was started, but a search does not find it")

// isNotAcceptedYet reports whether the error is what a server answers that does not know the namespace or the
// attributes yet.
func isNotAcceptedYet(err error) bool {
	var invalid *serviceerror.InvalidArgument
	return isNamespaceNotFound(err) || errors.As(err, &invalid) || errors.Is(err, errNotIndexed)
}

// poll calls do until it succeeds, fails with an error that is not for now only, or the timeout is over.
func poll(ctx context.Context, timeout time.Duration, temporary func(error) bool, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := do(ctx)
		if err == nil || !temporary(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w after %s; the last answer was: %w", ctx.Err(), timeout, err)
		case <-ticker.C:
		}
	}
}
