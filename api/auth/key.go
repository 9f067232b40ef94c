package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// keyPrefix is how every key begins, so that keys are known as such where they should not be.
const keyPrefix = "tq_"

const (
	idBytes     = 8
	secretBytes = 32
)

// Key is what is kept of an API key. The key itself is only known to whom it was given.
type Key struct {
	ID string `json:"id" yaml:"id"`
	// Hash is the SHA-256 of the key's secret, in hexadecimal. The secret is 256 random bits, which nobody can guess one by
	// one, so it needs none of the slow hashes that protect passwords.
	Hash    string     `json:"-"                 yaml:"hash"`
	Subject string     `json:"subject"           yaml:"subject"`
	Role    Role       `json:"role"              yaml:"role"`
	Created time.Time  `json:"created"           yaml:"created"`
	Expires *time.Time `json:"expires,omitempty" yaml:"expires,omitempty"` // nil: never
}

// NewKey makes a key, which is returned as its owner will send it, and what is to be kept of it.
func NewKey(subject string, role Role, now time.Time, expires *time.Time) (text string, k Key, err error) {
	if err := CheckSubject(subject); err != nil {
		return "", Key{}, err
	}
	random := make([]byte, idBytes+secretBytes)
	if _, err := rand.Read(random); err != nil {
		return "", Key{}, fmt.Errorf("make a key: %w", err)
	}
	id, secret := hex.EncodeToString(random[:idBytes]), hex.EncodeToString(random[idBytes:])
	k = Key{ID: id, Hash: hash(secret), Subject: subject, Role: role, Created: now.UTC().Truncate(time.Second)}
	if expires != nil {
		k.Expires = new(expires.UTC().Truncate(time.Second))
	}
	return keyPrefix + id + "_" + secret, k, nil
}

// parseKey returns the parts of a key's text.
func parseKey(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, keyPrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "_")
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// has reports, in a time that does not tell how much of it is right, whether this is the key's secret.
func (k Key) has(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hash(secret))) == 1
}

// Expired reports whether the key is of no use any more.
func (k Key) Expired(now time.Time) bool { return k.Expires != nil && !now.Before(*k.Expires) }

// validate finds mistakes of people who edit the file.
func (k Key) validate() error {
	if k.ID == "" || strings.ContainsAny(k.ID, "_ ") {
		return fmt.Errorf("the id is %q; it must be text without underscore and space", k.ID)
	}
	if sum, err := hex.DecodeString(k.Hash); err != nil || len(sum) != sha256.Size || strings.ToLower(k.Hash) != k.Hash {
		return fmt.Errorf("the hash of key %q is not a SHA-256 in hexadecimal", k.ID)
	}
	if k.Role == 0 {
		return fmt.Errorf("key %q has no role; roles are %v", k.ID, Roles())
	}
	if err := CheckSubject(k.Subject); err != nil {
		return fmt.Errorf("key %q: %w", k.ID, err)
	}
	return nil
}
