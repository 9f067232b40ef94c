package auth

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newKeyFile(t *testing.T) KeyFile {
	t.Helper()
	return KeyFile{Path: filepath.Join(t.TempDir(), "keys.yaml")}
}

func addKey(t *testing.T, f KeyFile, subject string, role Role, expires *time.Time) (string, Key) {
	t.Helper()
	text, key, err := NewKey(subject, role, time.Now(), expires)
	require.NoError(t, err)
	require.NoError(t, f.Add(t.Context(), key))
	return text, key
}

func requireRefused(t *testing.T, a Authenticator, credential, reason string) {
	t.Helper()
	_, err := a.Authenticate(t.Context(), credential)
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, reason, refused.Reason)
	require.NotContains(t, err.Error(), credential)
}

func TestKeysFromMakingToRevoking(t *testing.T) {
	t.Parallel()
	f := newKeyFile(t)
	_, err := OpenKeys(f.Path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "taskctl key create")

	jane, janes := addKey(t, f, "jane", Operator, nil)
	info, err := os.Stat(f.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(f.Path)
	require.NoError(t, err)
	_, secret, ok := parseKey(jane)
	require.True(t, ok)
	require.Len(t, secret, 64)
	require.NotContains(t, string(content), secret)

	keys, err := OpenKeys(f.Path)
	require.NoError(t, err)
	who, err := keys.Authenticate(t.Context(), jane)
	require.NoError(t, err)
	require.Equal(t, Identity{Subject: "jane", Role: Operator}, who)
	const invalid = "the API key is not valid"
	for _, wrong := range []string{jane + "0", jane[:len(jane)-1], "tq_" + janes.ID + "_", "tq_" + janes.ID + "_" + janes.Hash, "tq_0_" + secret, "tq__", "tq_", secret, "x"} {
		requireRefused(t, keys, wrong, invalid)
	}

	// Later keys count at once, and revoked ones no more.
	late, lates := addKey(t, f, "late", Owner, new(time.Now().Add(time.Hour)))
	who, err = keys.Authenticate(t.Context(), late)
	require.NoError(t, err)
	require.Equal(t, Identity{Subject: "late", Role: Owner}, who)
	keys.now = func() time.Time { return *lates.Expires }
	requireRefused(t, keys, late, "the API key has expired")
	listed, err := f.List()
	require.NoError(t, err)
	require.Equal(t, []Key{janes, lates}, listed)
	revoked, err := f.Revoke(t.Context(), janes.ID)
	require.NoError(t, err)
	require.Equal(t, janes, revoked)
	requireRefused(t, keys, jane, invalid)
	_, err = f.Revoke(t.Context(), janes.ID)
	var unknown *UnknownKeyError
	require.ErrorAs(t, err, &unknown)

	// Without the file nobody is known, whatever it said before.
	require.NoError(t, os.Remove(f.Path))
	_, err = keys.Authenticate(t.Context(), late)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NotErrorAs(t, err, new(*RefusedError))
}

func TestKeysAreNotLostWhenManyAreMade(t *testing.T) {
	t.Parallel()
	f := newKeyFile(t)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, key, err := NewKey("jane", Owner, time.Now(), nil)
			if err == nil {
				err = f.Add(context.Background(), key)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	keys, err := f.List()
	require.NoError(t, err)
	require.Len(t, keys, 20)
	left, err := filepath.Glob(f.Path + ".*")
	require.NoError(t, err)
	require.Equal(t, []string{f.Path + ".lock"}, left, "no file is left behind")
}

func TestKeyFilesThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0a", 32)
	entry := func(id, hash, subject, role string) string {
		return "keys: [{id: " + id + ", hash: '" + hash + "', subject: " + subject + ", role: " + role + ", created: 2026-01-01T00:00:00Z}]"
	}
	for name, c := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"right":              {entry("a", hash, "jane", "admin"), 0o640, ""},
		"empty":              {"", 0o600, ""},
		"group may write":    {entry("a", hash, "jane", "admin"), 0o620, "chmod 600"},
		"others may write":   {entry("a", hash, "jane", "admin"), 0o602, "chmod 600"},
		"syntax":             {"keys: [", 0o600, "not a list of keys"},
		"unknown field":      {"keys: [{id: a, rol: admin}]", 0o600, "not a list of keys"},
		"role":               {entry("a", hash, "jane", "root"), 0o600, "not a role"},
		"no role":            {"keys: [{id: a, hash: '" + hash + "', subject: jane}]", 0o600, "has no role"},
		"anonymous":          {entry("a", hash, "jane", "anonymous"), 0o600, "not a role"},
		"everybody":          {entry("a", hash, "cli-user", "owner"), 0o600, "stands for everybody"},
		"no subject":         {entry("a", hash, "''", "owner"), 0o600, "subject is empty"},
		"control characters": {entry("a", hash, `"a\tb"`, "owner"), 0o600, "control characters"},
		"spaces":             {entry("a", hash, "' jane'", "owner"), 0o600, "without spaces around it"},
		"long subject":       {entry("a", hash, strings.Repeat("x", 256), "owner"), 0o600, "at most 255"},
		"id":                 {entry("a_b", hash, "jane", "owner"), 0o600, "underscore"},
		"hash":               {entry("a", "0a", "jane", "owner"), 0o600, "not a SHA-256"},
		"two of one id": {
			"keys:\n- {id: a, hash: '" + hash + "', subject: jane, role: owner}\n- {id: a, hash: '" + hash + "', subject: ben, role: admin}", 0o600, "two keys with the id",
		},
	} {
		path := filepath.Join(t.TempDir(), "keys.yaml")
		require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600))
		require.NoError(t, os.Chmod(path, c.mode))
		_, err := OpenKeys(path)
		if c.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, path, name)
		require.NotContains(t, err.Error(), hash, name)
	}
}

func TestNobodyCanBeEverybody(t *testing.T) {
	t.Parallel()
	_, _, err := NewKey("cli-user", Owner, time.Now(), nil)
	require.ErrorContains(t, err, "stands for everybody")
}

func TestRolesAreOrdered(t *testing.T) {
	t.Parallel()
	require.Less(t, Anonymous, Owner)
	require.Less(t, Owner, Operator)
	require.Less(t, Operator, Admin)
	for _, r := range Roles() {
		parsed, err := ParseRole(r.String())
		require.NoError(t, err)
		require.Equal(t, r, parsed)
	}
	for _, wrong := range []string{"", "anonymous", "Admin", "root"} {
		_, err := ParseRole(wrong)
		require.Error(t, err, wrong)
	}
}

// Hexadecimal text can look like a number to YAML.
func TestKeysThatLookLikeNumbersStayText(t *testing.T) {
	t.Parallel()
	f := newKeyFile(t)
	var want []Key
	for _, id := range []string{"0123456789012345", "1234567890123456", "12e4567890123456", "1e1", "0000000000000000", "0b11", "0x11"} {
		k := Key{ID: id, Hash: strings.Repeat("1", 30) + "e" + strings.Repeat("0", 33), Subject: id, Role: Owner, Created: time.Unix(1, 0).UTC()}
		want = append(want, k)
		require.NoError(t, f.Add(t.Context(), k))
	}
	for _, subject := range []string{"true", "null", "~", "2026-01-01", "a: b", "#x", "'\"", "日本"} {
		_, k, err := NewKey(subject, Owner, time.Now(), nil)
		require.NoError(t, err)
		want = append(want, k)
		require.NoError(t, f.Add(t.Context(), k))
	}
	got, err := f.List()
	require.NoError(t, err)
	require.Equal(t, want, got)
}
