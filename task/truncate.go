package task

import "strings"

// Truncate returns at most so many bytes of a text. A character that is cut in half becomes U+FFFD, which may take two bytes more.
func Truncate(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes], "\uFFFD")
}
