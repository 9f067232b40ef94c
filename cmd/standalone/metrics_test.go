package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireDocumented holds the metrics that a program exports against docs/metrics.md, which is the one table of them: what dashboards and
// alerts use is held against it too. Those of relays, and of what has not happened here, need not be there.
func requireDocumented(t *testing.T, exported string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	var documented, found []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`taskqueue_[^|]*) \\| (gauge|counter|histogram) ").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, strings.Trim(row[1], "`")+" "+row[2])
	}
	for _, row := range regexp.MustCompile(`(?m)^# TYPE (taskqueue_\S+ \S+)$`).FindAllStringSubmatch(exported, -1) {
		found = append(found, row[1])
		require.Contains(t, documented, row[1])
	}
	missing := slices.DeleteFunc(documented, func(name string) bool {
		return slices.Contains(found, name) || strings.HasPrefix(name, "taskqueue_relay_") || strings.HasPrefix(name, "taskqueue_handed_back_")
	})
	require.Empty(t, missing, "documented, but not exported")
}
