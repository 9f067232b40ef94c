package schedule

import (
	"fmt"
	"strconv"
	"strings"

	"go.temporal.io/sdk/client"
)

// cronOf returns a cron expression for a calendar, which is what the server makes of such expressions. There is one for every calendar.
func cronOf(c client.ScheduleCalendarSpec) string {
	fields := []string{
		cronField(c.Minute, 0, 59), cronField(c.Hour, 0, 23), cronField(c.DayOfMonth, 1, 31), cronField(c.Month, 1, 12), cronField(c.DayOfWeek, 0, 6),
	}
	second := cronField(c.Second, 0, 59)
	if len(c.Year) > 0 || second != "0" {
		fields = append(fields, cronField(c.Year, 2000, 2100))
	}
	if second != "0" {
		fields = append([]string{second}, fields...)
	}
	expression := strings.Join(fields, " ")
	if c.Comment != "" {
		expression += " # " + c.Comment
	}
	return expression
}

// cronField returns one field, whose values are from first to last. No range means all years.
func cronField(ranges []client.ScheduleRange, first, last int) string {
	if len(ranges) == 0 {
		return "*"
	}
	parts := make([]string, len(ranges))
	for i, r := range ranges {
		end := max(r.Start, r.End)
		switch {
		case r.Start == end:
			parts[i] = strconv.Itoa(r.Start)
			continue
		case r.Start == first && end == last:
			parts[i] = "*"
		default:
			parts[i] = fmt.Sprintf("%d-%d", r.Start, end)
		}
		if r.Step > 1 {
			parts[i] += fmt.Sprintf("/%d", r.Step)
		}
	}
	return strings.Join(parts, ",")
}
