package temporaltest

import (
	"testing"
	"time"
)

// Receive returns what comes through the channel. The test fails when nothing has come for long; a bare
// receive would wait until all tests of the package are ended without a word.
func Receive[T any](t testing.TB, c <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-c:
	case <-time.After(5 * time.Minute):
		t.Fatal("what the test waits for has not come for five minutes")
	}
	return value
}
