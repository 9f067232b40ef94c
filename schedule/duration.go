package schedule

import (
	"strings"
	"time"
)

// Duration is a time.Duration that is text in JSON: "90s", "1h30m".
type Duration time.Duration

// String returns the duration without the zeros at its end: "1h" and not "1h0m0s".
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText returns what String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration as Go spells it. Other texts give an *InvalidError.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return invalid("duration", `is %q; it must be one such as "90s" or "1h30m"`, text)
	}
	*d = Duration(parsed)
	return nil
}
