package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// environment is what a process would have, for envconfig.
type environment map[string]string

func (e environment) Environ() []string {
	var all []string
	for name, value := range e {
		all = append(all, name+"="+value)
	}
	return all
}

func (e environment) LookupEnv(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// environmentOf returns the environment of a process that has no Temporal configuration file.
func environmentOf(t *testing.T, variables map[string]string) environment {
	t.Helper()
	e := environment{"TEMPORAL_CONFIG_FILE": filepath.Join(t.TempDir(), "none.toml")}
	maps.Copy(e, variables)
	return e
}

func TestTemporalOptionsDefaults(t *testing.T) {
	t.Parallel()
	o, err := TemporalOptions(Connection{}, slog.New(slog.DiscardHandler), environmentOf(t, nil))
	require.NoError(t, err)
	require.Equal(t, "localhost:7233", o.HostPort)
	require.Equal(t, "default", o.Namespace)
	require.Nil(t, o.ConnectionOptions.TLS)
	require.Nil(t, o.Credentials)
}

func TestTemporalOptionsTakeTheVariables(t *testing.T) {
	t.Parallel()
	certificate, privateKey := keyPair(t)
	o, err := TemporalOptions(Connection{}, slog.New(slog.DiscardHandler), environmentOf(t, map[string]string{
		"TEMPORAL_ADDRESS":                 "cloud.example.com:7233",
		"TEMPORAL_NAMESPACE":               "team.prod",
		"TEMPORAL_API_KEY":                 "secret",
		"TEMPORAL_TLS_CLIENT_CERT_DATA":    certificate,
		"TEMPORAL_TLS_CLIENT_KEY_DATA":     privateKey,
		"TEMPORAL_TLS_SERVER_CA_CERT_DATA": certificate,
		"TEMPORAL_TLS_SERVER_NAME":         "inner.example.com",
	}))
	require.NoError(t, err)
	require.Equal(t, "cloud.example.com:7233", o.HostPort)
	require.Equal(t, "team.prod", o.Namespace)
	require.NotNil(t, o.Credentials)
	require.NotNil(t, o.ConnectionOptions.TLS)
	require.Len(t, o.ConnectionOptions.TLS.Certificates, 1)
	require.NotNil(t, o.ConnectionOptions.TLS.RootCAs)
	require.Equal(t, "inner.example.com", o.ConnectionOptions.TLS.ServerName)
}

func TestTemporalOptionsAPIKeyTurnsTLSOn(t *testing.T) {
	t.Parallel()
	o, err := TemporalOptions(Connection{}, slog.New(slog.DiscardHandler), environmentOf(t, map[string]string{"TEMPORAL_API_KEY": "secret"}))
	require.NoError(t, err)
	require.NotNil(t, o.ConnectionOptions.TLS)
}

func TestTemporalOptionsTakeTheProfile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.toml")
	require.NoError(t, os.WriteFile(file, []byte(`
[profile.staging]
address = "staging.example.com:7233"
namespace = "staging"
`), 0o600))
	variables := environment{"TEMPORAL_CONFIG_FILE": file, "TEMPORAL_PROFILE": "staging"}
	o, err := TemporalOptions(Connection{}, slog.New(slog.DiscardHandler), variables)
	require.NoError(t, err)
	require.Equal(t, "staging.example.com:7233", o.HostPort)
	require.Equal(t, "staging", o.Namespace)

	o, err = TemporalOptions(Connection{Address: "flag:1", Namespace: "flag"}, slog.New(slog.DiscardHandler), variables)
	require.NoError(t, err)
	require.Equal(t, "flag:1", o.HostPort, "a flag wins")
	require.Equal(t, "flag", o.Namespace, "a flag wins")

	variables["TEMPORAL_PROFILE"] = "absent"
	_, err = TemporalOptions(Connection{}, slog.New(slog.DiscardHandler), variables)
	require.ErrorContains(t, err, "absent")
}

func keyPair(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	block := func(kind string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", encoded)
}
