package task

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// ID identifies a task. It is also the id of the Temporal workflow that the task
// is, so the same string finds the task in every tool.
type ID string

// NewID returns a new UUIDv7: ids sort by the time of their creation.
func NewID() ID { return ID(uuid.Must(uuid.NewV7()).String()) }

// keyNamespace sets the ids that are made of idempotency keys apart from other UUIDs that are made of texts.
var keyNamespace = uuid.MustParse("6d5f0c3e-64a8-8b0e-9d2a-3f5b8f0f1d77")

// keyVersion is the version of those UUIDs.
const keyVersion = 8

// IDOfKey returns the id of a task that is enqueued with this idempotency key: a UUIDv8, the same for the same key.
func IDOfKey(key string) ID {
	return ID(uuid.NewHash(sha256.New(), keyNamespace, []byte(key), keyVersion).String())
}

// MayBeOfKey reports whether the id looks as if made of an idempotency key: it is a UUIDv8.
func (id ID) MayBeOfKey() bool {
	parsed, err := uuid.Parse(string(id))
	return err == nil && parsed.Version() == keyVersion
}

// Validate reports whether the id can name a task: 1 to 255 printable ASCII characters. Temporal's clients send the id
// as a gRPC header, which takes no others.
func (id ID) Validate() error {
	if id == "" {
		return &InvalidError{Field: "id", Reason: "is empty; leave it out to have one made, or give 1 to 255 characters"}
	}
	return validateID("id", id)
}

func validateID(field string, id ID) error {
	if len(id) > MaxTextLength {
		return &InvalidError{Field: field, Reason: fmt.Sprintf("has %d characters; at most %d are allowed", len(id), MaxTextLength)}
	}
	if i := strings.IndexFunc(string(id), func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
		return &InvalidError{Field: field, Reason: fmt.Sprintf("has something other than printable ASCII at byte %d", i)}
	}
	return nil
}

// MaxTextLength is how many characters an id, action, queue, label, owner or
// category may have: the length of an indexed keyword.
const MaxTextLength = 255

func validateText(field, value string) error {
	if !utf8.ValidString(value) {
		return &InvalidError{Field: field, Reason: "is not valid UTF-8"}
	}
	if n := utf8.RuneCountInString(value); n > MaxTextLength {
		return &InvalidError{Field: field, Reason: fmt.Sprintf("has %d characters; at most %d are allowed", n, MaxTextLength)}
	}
	return nil
}

// validateName is for what stands in logs, URLs and command lines.
func validateName(field, value string) error {
	if err := validateText(field, value); err != nil {
		return err
	}
	if i := strings.IndexFunc(value, unicode.IsControl); i >= 0 {
		return &InvalidError{Field: field, Reason: fmt.Sprintf("has a control character at byte %d", i)}
	}
	return nil
}

// InvalidError says which field of a task is wrong and why.
type InvalidError struct {
	Field  string // as it is spelled in JSON: "label", "parentId"
	Reason string // continues the sentence "<field> …"
}

func (e *InvalidError) Error() string { return fmt.Sprintf("invalid task: %s %s", e.Field, e.Reason) }
