package dispatcher

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoQueues says that a dispatcher was given no queue.
var ErrNoQueues = errors.New("Queues needs to be set.") //nolint:staticcheck // the text that users of the PHP system know

// ErrNoQueueName says that a queue was given no name.
var ErrNoQueueName = errors.New("Queue name needs to be set.") //nolint:staticcheck // as above

// DuplicateQueuesError says that several queues have the same name.
type DuplicateQueuesError struct{ Names []string }

func (e *DuplicateQueuesError) Error() string {
	return fmt.Sprintf("There are duplicated Queue names: %s. Please check the values of 'queues' in your queue dispatcher settings.", strings.Join(e.Names, ", "))
}

// UnregisteredQueuesError says that actions are associated to queues that do not exist.
type UnregisteredQueuesError struct{ Names []string }

func (e *UnregisteredQueuesError) Error() string {
	return "Found not registered queue(s) linked to task(s): " + strings.Join(e.Names, ", ") + ". Please add the queue(s), or correct the associations."
}

// UnknownQueueError says that there is no queue with this name.
type UnknownQueueError struct {
	Name  string
	Known []string
}

func (e *UnknownQueueError) Error() string {
	return fmt.Sprintf("Queue %q does not exist. Existing queues: %s", e.Name, strings.Join(e.Known, ", "))
}

// UnknownActionError says that no action of this name was declared.
type UnknownActionError struct {
	Name  string
	Known []string
}

func (e *UnknownActionError) Error() string {
	return fmt.Sprintf("Action %q is not known here. Known actions: %s. An action that only workers elsewhere know must be declared in the configuration key \"actions.declared\"",
		e.Name, strings.Join(e.Known, ", "))
}
