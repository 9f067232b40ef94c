package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/distributed-task-queue/taskqueue/internal/config"
)

// certificate is the API's, read again when its file has changed: certificates are renewed more often than programs are started.
type certificate struct {
	files  config.TLS
	logger *slog.Logger

	mu      sync.Mutex
	changed time.Time // when the file was that was read last
	current *tls.Certificate
}

// openTLS returns how connections are encrypted; nil if they are not.
func openTLS(files config.TLS, logger *slog.Logger) (*tls.Config, error) {
	if !files.Enabled() {
		return nil, nil
	}
	c := &certificate{files: files, logger: logger}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("api.tls: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

// get returns the certificate. While the files are not a pair, as between the renewal of one and of the other, it is the former one.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.read(); err != nil {
		c.logger.Warn("The certificate of the API cannot be read again; the former one stays", "error", err)
	}
	return c.current, nil
}

// read reads the files if the certificate's has changed.
func (c *certificate) read() error {
	info, err := os.Stat(c.files.CertFile)
	if err != nil {
		return err
	}
	if c.current != nil && info.ModTime().Equal(c.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return err
	}
	c.current, c.changed = &pair, info.ModTime()
	return nil
}
