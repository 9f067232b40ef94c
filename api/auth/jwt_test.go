package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

const issuer, audience = "https://login.example.com/", "taskqueue"

// signer is a key of the identity provider.
type signer struct {
	kid    string
	method jwt.SigningMethod
	key    crypto.Signer
}

func newSigner(t *testing.T, kid string) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return signer{kid, jwt.SigningMethodRS256, key}
}

// keySetOf returns the JSON Web Key Set of the public keys.
func keySetOf(t *testing.T, signers ...signer) []byte {
	t.Helper()
	set := jwkset.NewMemoryStorage()
	for _, s := range signers {
		key, err := jwkset.NewJWKFromKey(s.key.Public(), jwkset.JWKOptions{
			Metadata: jwkset.JWKMetadataOptions{KID: s.kid, ALG: jwkset.ALG(s.method.Alg()), USE: jwkset.UseSig},
		})
		require.NoError(t, err)
		require.NoError(t, set.KeyWrite(t.Context(), key))
	}
	encoded, err := set.JSONPublic(t.Context())
	require.NoError(t, err)
	return encoded
}

// claims are those of jane's valid token, with changes; a nil value leaves a claim out.
func claims(changes map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{"iss": issuer, "aud": audience, "sub": "jane", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range changes {
		c[name] = value
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func (s signer) sign(t *testing.T, c jwt.MapClaims) string {
	t.Helper()
	return sign(t, s.kid, s.method, c, s.key)
}

func sign(t *testing.T, kid string, method jwt.SigningMethod, c jwt.MapClaims, key any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	require.NoError(t, err)
	return text
}

func openJWT(t *testing.T, place string) Authenticator {
	t.Helper()
	a, err := Open(t.Context(), Config{JWT: JWT{JWKS: place, Issuer: issuer, Audience: audience}}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return a
}

func writeKeySet(t *testing.T, path string, signers ...signer) {
	t.Helper()
	require.NoError(t, replace(path, keySetOf(t, signers...)))
}

func TestTokens(t *testing.T) {
	t.Parallel()
	good := newSigner(t, "good")
	_, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	edwards := signer{"edwards", jwt.SigningMethodEdDSA, private}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	elliptical := signer{"elliptic", jwt.SigningMethodES256, curve}
	path := filepath.Join(t.TempDir(), "jwks.json")
	writeKeySet(t, path, good, edwards, elliptical)
	a := openJWT(t, path)

	for _, s := range []signer{good, edwards, elliptical} {
		who, err := a.Authenticate(t.Context(), s.sign(t, claims(nil)))
		require.NoError(t, err, s.kid)
		require.Equal(t, Identity{Subject: "jane", Role: Owner}, who)
	}
	for name, c := range map[string]struct {
		claim any
		role  Role
	}{
		"operator": {"operator", Operator}, "admin": {"admin", Admin}, "list": {[]string{"offline_access", "owner", "operator"}, Operator}, "other list": {[]any{"x", 7}, Owner},
	} {
		who, err := a.Authenticate(t.Context(), good.sign(t, claims(map[string]any{"role": c.claim})))
		require.NoError(t, err, name)
		require.Equal(t, c.role, who.Role, name)
	}
	for name, changes := range map[string]map[string]any{
		"several audiences": {"aud": []string{"other", audience}},
		"just expired":      {"exp": time.Now().Add(-10 * time.Second).Unix()},
		"almost begun":      {"nbf": time.Now().Add(10 * time.Second).Unix()},
	} {
		_, err := a.Authenticate(t.Context(), good.sign(t, claims(changes)))
		require.NoError(t, err, name)
	}

	const invalid = "the token is not valid"
	for name, changes := range map[string]map[string]any{
		"wrong issuer": {"iss": "https://evil.example.com/"}, "no issuer": {"iss": nil}, "issuer without slash": {"iss": "https://login.example.com"},
		"wrong audience": {"aud": "other"}, "no audience": {"aud": nil}, "empty audience": {"aud": []string{}},
		"no expiry": {"exp": nil}, "not yet": {"nbf": time.Now().Add(time.Minute).Unix()},
		"no subject": {"sub": nil}, "empty subject": {"sub": ""}, "everybody": {"sub": "cli-user"}, "subject with NUL": {"sub": "a\x00"}, "subject is a number": {"sub": 7},
		"unknown role": {"role": "root"}, "anonymous": {"role": "anonymous"}, "role is a number": {"role": 3},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, a, good.sign(t, claims(changes)), invalid) })
	}
	requireRefused(t, a, good.sign(t, claims(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()})), "the token has expired")

	// The algorithm is not for the token to choose.
	public, err := x509.MarshalPKIXPublicKey(good.key.Public())
	require.NoError(t, err)
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	requireRefused(t, a, sign(t, "good", jwt.SigningMethodNone, claims(nil), jwt.UnsafeAllowNoneSignatureType), invalid)
	for _, secret := range [][]byte{public, asPEM, good.key.Public().(*rsa.PublicKey).N.Bytes()} {
		requireRefused(t, a, sign(t, "good", jwt.SigningMethodHS256, claims(nil), secret), invalid)
		requireRefused(t, a, sign(t, "", jwt.SigningMethodHS256, claims(nil), secret), invalid)
	}
	requireRefused(t, a, sign(t, "good", jwt.SigningMethodRS512, claims(nil), good.key), invalid) // the key is for RS256
	stranger := newSigner(t, "good")
	requireRefused(t, a, stranger.sign(t, claims(nil)), invalid)
	requireRefused(t, a, sign(t, "unknown", good.method, claims(nil), good.key), invalid)
	for _, text := range []string{"x", "a.b.c", "..", good.sign(t, claims(nil)) + "x"} {
		requireRefused(t, a, text, invalid)
	}
	requireRefused(t, a, "tq_a_b", "API keys are not taken here")
}

func TestSymmetricKeysOfASetVerifyNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "jwks.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"keys":[{"kty":"oct","kid":"shared","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}`), 0o600))
	requireRefused(t, openJWT(t, path), sign(t, "shared", jwt.SigningMethodHS256, claims(nil), []byte("secretsecretsecretsecretsecretsecret")), "the token is not valid")
}

func TestKeysOfTokensAreRotatedInAFile(t *testing.T) {
	t.Parallel()
	former, next := newSigner(t, "former"), newSigner(t, "next")
	path := filepath.Join(t.TempDir(), "jwks.json")
	writeKeySet(t, path, former)
	a := openJWT(t, path)
	requireRefused(t, a, next.sign(t, claims(nil)), "the token is not valid")
	writeKeySet(t, path, next)
	_, err := a.Authenticate(t.Context(), next.sign(t, claims(nil)))
	require.NoError(t, err)
	requireRefused(t, a, former.sign(t, claims(nil)), "the token is not valid")
	require.NoError(t, os.Remove(path))
	_, err = a.Authenticate(t.Context(), next.sign(t, claims(nil)))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NotErrorAs(t, err, new(*RefusedError))
}

func TestKeysOfTokensAreRotatedAtAURL(t *testing.T) {
	t.Parallel()
	former, next := newSigner(t, "former"), newSigner(t, "next")
	var served atomic.Pointer[[]byte]
	var asked atomic.Int32
	set := keySetOf(t, former)
	served.Store(&set)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(*served.Load())
	}))
	defer provider.Close()
	a := openJWT(t, provider.URL)
	_, err := a.Authenticate(t.Context(), former.sign(t, claims(nil)))
	require.NoError(t, err)
	require.EqualValues(t, 1, asked.Load())
	set = keySetOf(t, next)
	served.Store(&set)
	_, err = a.Authenticate(t.Context(), next.sign(t, claims(nil)))
	require.NoError(t, err, "an unknown key makes the set be read again")
	requireRefused(t, a, former.sign(t, claims(nil)), "the token is not valid")
	require.EqualValues(t, 2, asked.Load(), "but not as often as somebody likes")
	provider.Close()
	_, err = a.Authenticate(t.Context(), next.sign(t, claims(nil)))
	require.NoError(t, err, "what is known stays known")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"keys": [`), 0o600))
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	for want, c := range map[string]Config{
		"jwt.issuer is empty":       {JWT: JWT{JWKS: "jwks.json", Audience: audience}},
		"jwt.audience is empty":     {JWT: JWT{JWKS: "jwks.json", Issuer: issuer}},
		"jwt.jwks is empty":         {JWT: JWT{Issuer: issuer}},
		"must be an https URL":      {JWT: JWT{JWKS: "http://login.example.com/keys", Issuer: issuer, Audience: audience}},
		"no such file":              {JWT: JWT{JWKS: "absent.json", Issuer: issuer, Audience: audience}},
		"not a JSON Web Key Set":    {JWT: JWT{JWKS: broken, Issuer: issuer, Audience: audience}},
		"invalid HTTP status code":  {JWT: JWT{JWKS: gone.URL, Issuer: issuer, Audience: audience}},
		"taskctl key create makes ": {KeysFile: "absent.yaml"},
	} {
		_, err := Open(t.Context(), c, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, want)
	}
	a, err := Open(t.Context(), Config{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, a)
}

func TestKindsOfCredentialsAreToldApart(t *testing.T) {
	t.Parallel()
	f := newKeyFile(t)
	text, _ := addKey(t, f, "jane", Admin, nil)
	s := newSigner(t, "s")
	path := filepath.Join(t.TempDir(), "jwks.json")
	writeKeySet(t, path, s)
	a, err := Open(context.Background(), Config{KeysFile: f.Path, JWT: JWT{JWKS: path, Issuer: issuer, Audience: audience, RoleClaim: "https://example.com/role"}}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	who, err := a.Authenticate(t.Context(), text)
	require.NoError(t, err)
	require.Equal(t, Identity{Subject: "jane", Role: Admin}, who)
	who, err = a.Authenticate(t.Context(), s.sign(t, claims(map[string]any{"https://example.com/role": "operator", "role": "admin"})))
	require.NoError(t, err)
	require.Equal(t, Identity{Subject: "jane", Role: Operator}, who)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal(keySetOf(t, s), &decoded))
	require.NotContains(t, decoded["keys"].([]any)[0], "d", "no test publishes a private key")
}
