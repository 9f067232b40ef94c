package attribute

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/distributed-task-queue/taskqueue/internal/fulltext"
)

// maxValueBytes is the server's limit for one value, as JSON (limit.searchAttributesSizeOfValueLimit). A keyword of 255
// characters cannot reach it: JSON spends at most six bytes on a character.
const maxValueBytes = 2048

// maxExamined is how many bytes of texts are looked at: enough to find as many different words as there is room for, and little
// enough for a workflow, which must not compute for long, when parameters have megabytes.
const maxExamined = 32 << 10

// FullText returns the value of Text: the different words of the label, the report's messages and the parameters, in this
// order, with blanks between them, as many as the server takes.
func FullText(label string, report []string, parameters string) string {
	texts := append([]string{label}, report...)
	text := strings.Join(append(texts, jsonTexts(parameters)...), "\n")
	if len(text) > maxExamined {
		text = strings.ToValidUTF8(text[:maxExamined], "")
	}
	var b strings.Builder
	const quotes = 2
	for _, word := range fulltext.Words(text) {
		// Words consist of letters and digits, which JSON writes as they are.
		if b.Len()+len(" ")+len(word) > maxValueBytes-quotes {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

// jsonTexts returns the first keys and values of a JSON document, without its escapes. Of what is no JSON it returns the text.
func jsonTexts(document string) []string {
	var texts []string
	examined := 0
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	for {
		if examined > maxExamined {
			return texts
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			return []string{document}
		}
		switch token := token.(type) {
		case string:
			texts = append(texts, token)
			examined += len(token)
		case json.Number:
			texts = append(texts, token.String())
			examined += len(token)
		}
	}
}
