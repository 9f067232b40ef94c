package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// writeCertificate writes a certificate with this serial number, and its key. The moment makes its file differ from the former one.
func writeCertificate(t *testing.T, files config.TLS, serial int64, changed time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), 0o600))
	require.NoError(t, os.WriteFile(files.CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	require.NoError(t, os.Chtimes(files.CertFile, changed, changed))
}

func TestCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	files := config.TLS{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	none, err := openTLS(config.TLS{}, logger)
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = openTLS(files, logger)
	require.ErrorIs(t, err, os.ErrNotExist)

	start := time.Now().Add(-time.Hour)
	writeCertificate(t, files, 1, start)
	encryption, err := openTLS(files, logger)
	require.NoError(t, err)
	serial := func() int64 {
		t.Helper()
		c, err := encryption.GetCertificate(nil)
		require.NoError(t, err)
		return c.Leaf.SerialNumber.Int64()
	}
	require.EqualValues(t, 1, serial())
	writeCertificate(t, files, 2, start.Add(time.Minute))
	require.EqualValues(t, 2, serial())
	require.Empty(t, log.String())
	require.NoError(t, os.WriteFile(files.CertFile, []byte("half a certificate"), 0o600))
	require.EqualValues(t, 2, serial())
	require.Contains(t, log.String(), "the former one stays")
}
