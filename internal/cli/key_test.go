package cli_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/internal/cli"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := filepath.Join(filepath.Dir(b.config), "keys.yaml")
	config, err := os.ReadFile(b.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(b.config, append(config, []byte("api: {auth: {keysFile: '"+path+"'}}\n")...), 0o600))
	require.Equal(t, map[string]any{"keys": []any{}}, b.ok(t, "key", "list"))

	made := b.ok(t, "key", "create", "--subject", "jane", "--role", "operator", "--expires", "90d")
	keys, err := auth.OpenKeys(path)
	require.NoError(t, err)
	who, err := keys.Authenticate(t.Context(), made["key"].(string))
	require.NoError(t, err)
	require.Equal(t, auth.Identity{Subject: "jane", Role: auth.Operator}, who)
	expires, err := time.Parse(time.RFC3339, made["expires"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(90*24*time.Hour), expires, time.Minute)
	owner := b.ok(t, "key", "create", "--subject", "ben")
	require.Equal(t, "owner", owner["role"])

	listed := b.run(t, "key", "list")
	require.NotContains(t, listed.out, "hash")
	require.NotContains(t, listed.out, made["key"])
	delete(made, "key")
	delete(owner, "key")
	require.Equal(t, map[string]any{"keys": []any{made, owner}}, listed.object(t))
	require.Regexp(t, `(?m)^`+owner["id"].(string)+` +ben +owner .* never$`, b.run(t, "key", "list", "--output", "table").out)
	require.Equal(t, map[string]any{"revoked": made}, b.ok(t, "key", "revoke", made["id"].(string)))
	require.Equal(t, map[string]any{"keys": []any{owner}}, b.ok(t, "key", "list"))
	r := b.run(t, "key", "revoke", made["id"].(string))
	require.Equal(t, cli.StatusFailed, r.status)
	require.Contains(t, r.err, "has no key with the id")

	other := filepath.Join(filepath.Dir(b.config), "other.yaml")
	r = b.run(t, "key", "create", "--subject", "jane", "--file", other)
	require.Equal(t, cli.StatusOK, r.status, r.err)
	require.Contains(t, r.err, "only if api.auth.keysFile")
	require.FileExists(t, other)
	for want, args := range map[string][]string{
		"--role: \"root\" is not a role":      {"--subject", "jane", "--role", "root"},
		"--subject: the subject is empty":     {},
		"stands for everybody":                {"--subject", "cli-user"},
		"--expires is \"soon\"":               {"--subject", "jane", "--expires", "soon"},
		"--expires is \"-1d\"":                {"--subject", "jane", "--expires", "-1d"},
		"the most is a century":               {"--subject", "jane", "--expires", "99999999d"},
		"unknown command \"x\" for \"taskctl": {"x"},
	} {
		r := b.run(t, append([]string{"key", "create"}, args...)...)
		require.Equal(t, cli.StatusUsage, r.status, "%v: %s", args, r.err)
		require.Contains(t, r.err, want)
		require.Empty(t, r.out)
	}
}
