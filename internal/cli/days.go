package cli

import (
	"strconv"
	"strings"
	"time"
)

// maxDays is what a time.Duration has room for, and more than anybody means.
const maxDays = 36500

// parseDays returns the time that the flag gives as days, 90d, or as Go spells a duration.
func parseDays(flag, text string) (time.Duration, error) {
	after, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		if n, err = strconv.Atoi(days); n > maxDays {
			return 0, usagef("--%s is %q; the most is a century, %dd", flag, text, maxDays)
		}
		after = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || after <= 0 {
		return 0, usagef("--%s is %q; give days or a duration such as 90d or 12h", flag, text)
	}
	return after, nil
}
