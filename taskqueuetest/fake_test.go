package taskqueuetest_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// fake is a test that may fail.
type fake struct {
	testing.TB

	failure string
}

func (f *fake) Helper() {}

func (f *fake) Fatalf(format string, args ...any) {
	f.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failureOf returns the message with which the test fails.
func failureOf(t *testing.T, test func(testing.TB)) string {
	t.Helper()
	f := &fake{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		test(f)
	}()
	<-ended
	require.NotEmpty(t, f.failure, "the test does not fail")
	return f.failure
}

// outside stands for the test that an example is not in.
type outside struct{ testing.TB }

func (outside) Helper()                  {}
func (outside) Cleanup(func())           {}
func (outside) Context() context.Context { return context.Background() }
func (outside) Output() io.Writer        { return io.Discard }

func (outside) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
