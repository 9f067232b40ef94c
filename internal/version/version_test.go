package version

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABuildIsDescribedByWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	whole := &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3-0.20261126120000-0123456789ab"},
		Deps: []*debug.Module{
			{Path: "go.temporal.io/api", Version: "v1.64.1"}, {Path: "go.temporal.io/sdk", Version: "v1.50.0"},
			{Path: "go.temporal.io/server", Version: "v1.32.1"},
		},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.time", Value: "2026-11-26T12:00:00Z"},
			{Key: "vcs.modified", Value: "false"},
		},
	}
	require.Equal(t, "v1.2.3 (commit 0123456789ab of 2026-11-26T12:00:00Z, go1.26.8, Temporal server v1.32.1, Temporal SDK v1.50.0)",
		describe("v1.2.3", whole))
	require.Contains(t, describe("", whole), "v1.2.3-0.20261126120000-0123456789ab (commit ")
	whole.Settings[2].Value = "true"
	require.Contains(t, describe("", whole), "(commit 0123456789ab, changed, of 2026-11-26T12:00:00Z, ")
	require.Equal(t, "(devel) (go1.26.8)", describe("", &debug.BuildInfo{GoVersion: "go1.26.8"}))
}

func TestThisBuildSaysWithWhichGoItWasMade(t *testing.T) {
	t.Parallel()
	require.Contains(t, String(), runtime.Version())
}
