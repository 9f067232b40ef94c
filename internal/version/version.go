// Package version says which build of a program is running.
package version

import (
	"cmp"
	"runtime/debug"
	"strings"
)

// release is what the release build sets by -ldflags=-X; empty in every other build, for which the module's version counts.
var release string

// parts are the dependencies whose versions say what a program works with.
var parts = []struct{ name, module string }{
	{"Temporal server", "go.temporal.io/server"},
	{"Temporal SDK", "go.temporal.io/sdk"},
}

// String returns the version of the program, of what it was built from, and of the Temporal that is in it.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(release, "unknown")
	}
	return describe(release, info)
}

// describe returns "v1.2.3 (commit 0123456789ab of 2026-11-26T12:00:00Z, go1.26.8, Temporal SDK v1.50.0)", without what is not known.
func describe(release string, info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	var details []string
	if revision := settings["vcs.revision"]; revision != "" {
		commit := "commit " + revision[:min(len(revision), 12)]
		if settings["vcs.modified"] == "true" {
			commit += ", changed,"
		}
		details = append(details, commit+" of "+settings["vcs.time"])
	}
	details = append(details, info.GoVersion)
	for _, part := range parts {
		for _, module := range info.Deps {
			if module.Path == part.module {
				details = append(details, part.name+" "+module.Version)
			}
		}
	}
	return cmp.Or(release, info.Main.Version, "(devel)") + " (" + strings.Join(details, ", ") + ")"
}
