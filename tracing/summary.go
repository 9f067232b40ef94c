package tracing

import (
	"regexp"
	"strings"

	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	maxSummaryMessages = 5
	maxSummaryRunes    = 500
)

// address is an e-mail address, or what looks like one: rather too much is hidden than too little. In URLs the @ may be escaped.
var address = regexp.MustCompile(`[^\s@<>()\[\]",;:=/?&|]+(?:@|%40)[\pL\pN](?:[\pL\pN.-]*[\pL\pN])?`)

// summarize returns what a span may tell of a failure: the first messages, without e-mail addresses and not too long.
func summarize(messages []string) string {
	joined := strings.Join(messages[:min(len(messages), maxSummaryMessages)], " | ")
	summary := []rune(redact(joined))
	return string(summary[:min(len(summary), maxSummaryRunes)])
}

func redact(text string) string { return address.ReplaceAllLiteralString(text, "[e-mail]") }

// errorMessages returns the messages of the errors in the report, parents before their children.
func errorMessages(r task.Report) []string {
	var messages []string
	if r.Type == task.TypeError && r.Message != "" {
		messages = append(messages, r.Message)
	}
	for _, c := range r.Children {
		messages = append(messages, errorMessages(c)...)
	}
	return messages
}
