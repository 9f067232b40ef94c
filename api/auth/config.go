package auth

import (
	"context"
	"log/slog"
	"strings"
)

// Config says which credentials are taken. The zero value is none.
type Config struct {
	// KeysFile is the file of the API keys. Default: there are none.
	KeysFile string `yaml:"keysFile"`
	JWT      JWT    `yaml:"jwt"`
}

// Enabled reports whether any credentials are taken.
func (c Config) Enabled() bool { return c.KeysFile != "" || c.JWT.JWKS != "" }

// Validate returns an error that names the key of the configuration that is wrong.
func (c Config) Validate() error { return c.JWT.validate() }

// Open returns what authenticates as configured; nil if no credentials are taken. It works until ctx ends. Whatever is
// named must be readable now: a server that nobody can use is better told of at its start.
func Open(ctx context.Context, c Config, logger *slog.Logger) (Authenticator, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var a authenticators
	if c.KeysFile != "" {
		keys, err := OpenKeys(c.KeysFile)
		if err != nil {
			return nil, err
		}
		a.keys = keys
	}
	if c.JWT.JWKS != "" {
		tokens, err := openTokens(ctx, c.JWT.WithDefaults(), logger)
		if err != nil {
			return nil, err
		}
		a.tokens = tokens
	}
	if !c.Enabled() {
		return nil, nil
	}
	return a, nil
}

// authenticators are those of the two kinds of credentials. One of them may be nil.
type authenticators struct{ keys, tokens Authenticator }

// Authenticate tells the kinds apart by how keys begin.
func (a authenticators) Authenticate(ctx context.Context, credential string) (Identity, error) {
	kind, name := a.tokens, "tokens"
	if strings.HasPrefix(credential, keyPrefix) {
		kind, name = a.keys, "API keys"
	}
	if kind == nil {
		return Identity{}, &RefusedError{Reason: name + " are not taken here"}
	}
	return kind.Authenticate(ctx, credential)
}
