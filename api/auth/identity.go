package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Identity is who a request comes from.
type Identity struct {
	// Subject is who owns the tasks that the identity enqueues. It is empty if nobody needs to say who they are.
	Subject string
	Role    Role
}

// maxSubject is how long an owner of tasks can be, in characters.
const maxSubject = 255

// CheckSubject returns an error if nobody can have this subject.
func CheckSubject(subject string) error {
	switch {
	case subject == "":
		return errors.New("the subject is empty; it must name who owns the tasks")
	case subject == tasklog.SuperUser:
		return fmt.Errorf("the subject is %q, which stands for everybody in the task log; it must name one person or program", subject)
	case !utf8.ValidString(subject) || strings.ContainsFunc(subject, unicode.IsControl) || strings.TrimSpace(subject) != subject:
		return fmt.Errorf("the subject is %q; it must be text without control characters, and without spaces around it", subject)
	case utf8.RuneCountInString(subject) > maxSubject:
		return fmt.Errorf("the subject has %d characters; at most %d are allowed", utf8.RuneCountInString(subject), maxSubject)
	}
	return nil
}

// Authenticator finds out who has a credential.
type Authenticator interface {
	// Authenticate returns whose the credential is. The error is a *RefusedError if it is nobody's; any other says that this
	// cannot be found out.
	Authenticate(ctx context.Context, credential string) (Identity, error)
}

// RefusedError says that a credential is nobody's.
type RefusedError struct {
	Reason string // for whoever sent it: tells nothing that they do not know
	Err    error  // for the log; may be nil
}

func (e *RefusedError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

func (e *RefusedError) Unwrap() error { return e.Err }
