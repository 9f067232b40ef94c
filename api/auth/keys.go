package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/goccy/go-yaml"
)

// Keys are the API keys of a file. It is safe for concurrent use.
type Keys struct {
	file reloaded[map[string]Key]
	now  func() time.Time
}

// OpenKeys returns the keys of a file, which is read again whenever it has changed: a key that is revoked stops working at once.
func OpenKeys(path string) (*Keys, error) {
	k := &Keys{file: reloaded[map[string]Key]{path: path, parse: parseKeys}, now: time.Now}
	if _, err := k.file.get(); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("API keys: %w; taskctl key create makes it with the first key", err)
	} else if err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	return k, nil
}

// Authenticate returns whose key this is.
func (k *Keys) Authenticate(_ context.Context, credential string) (Identity, error) {
	byID, err := k.file.get()
	if err != nil {
		return Identity{}, fmt.Errorf("API keys: %w", err)
	}
	id, secret, ok := parseKey(credential)
	if !ok {
		return Identity{}, refusedKey()
	}
	key, ok := byID[id]
	if !ok || !key.has(secret) {
		return Identity{}, refusedKey()
	}
	if key.Expired(k.now()) {
		return Identity{}, &RefusedError{Reason: "the API key has expired"}
	}
	return Identity{Subject: key.Subject, Role: key.Role}, nil
}

// refusedKey does not say whether there is, or was, such a key.
func refusedKey() error { return &RefusedError{Reason: "the API key is not valid"} }

// keysDocument is the file.
type keysDocument struct {
	Keys []Key `yaml:"keys"`
}

func decodeKeys(content []byte) ([]Key, error) {
	var document keysDocument
	if err := yaml.UnmarshalWithOptions(content, &document, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("it is not a list of keys: %s", yaml.FormatError(err, false, false))
	}
	seen := make(map[string]bool, len(document.Keys))
	for _, k := range document.Keys {
		if err := k.validate(); err != nil {
			return nil, err
		}
		if seen[k.ID] {
			return nil, fmt.Errorf("there are two keys with the id %q", k.ID)
		}
		seen[k.ID] = true
	}
	return document.Keys, nil
}

func parseKeys(content []byte, info os.FileInfo) (map[string]Key, error) {
	// Whoever can write it can make themselves admin.
	if mode := info.Mode().Perm(); mode&0o022 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others than its owner may write it (%s); chmod 600 it", mode)
	}
	all, err := decodeKeys(content)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]Key, len(all))
	for _, k := range all {
		byID[k.ID] = k
	}
	return byID, nil
}
