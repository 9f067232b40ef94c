package httprequest

import (
	"fmt"
	"time"
)

// Config says what http.request may do on this worker.
type Config struct {
	// AllowedHosts are the hosts that may be called: "api.example.com", "*.example.com" for every host
	// below example.com, but not example.com itself, or an IP address. An entry stands for the
	// default port of http and https; "api.example.com:8443" allows that port. Empty allows nothing.
	AllowedHosts []string `yaml:"allowedHosts"`
	// AllowPrivateNetworks lets allowed hosts have addresses that are not public: loopback,
	// private, link-local (where clouds serve credentials), and the like. Default false.
	AllowPrivateNetworks bool `yaml:"allowPrivateNetworks"`
	// MaxResponseBytes is how much of a response's body is kept in the report; the rest is not read.
	// Default 16 KiB, at most 128 KiB: a report must stay below activities.MaxReportSize, and JSON can make
	// a body six times as long.
	MaxResponseBytes int `yaml:"maxResponseBytes"`
	// Timeout is how long a call may take, redirects and body included. A task may ask for less.
	// Default 30 s.
	Timeout time.Duration `yaml:"timeout"`
	// MaxRedirects is how many redirects are followed; one more is an error. Default 5. If it
	// is negative none is followed, and the redirect itself is the response.
	MaxRedirects int `yaml:"maxRedirects"`
}

const (
	defaultMaxResponseBytes = 16 << 10
	maxMaxResponseBytes     = 128 << 10
	defaultTimeout          = 30 * time.Second
	defaultMaxRedirects     = 5
)

// WithDefaults returns a copy in which every field left out has its default.
func (c Config) WithDefaults() Config {
	if c.MaxResponseBytes == 0 {
		c.MaxResponseBytes = defaultMaxResponseBytes
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxRedirects == 0 {
		c.MaxRedirects = defaultMaxRedirects
	}
	return c
}

func (c Config) validate() error {
	if c.MaxResponseBytes < 0 || c.MaxResponseBytes > maxMaxResponseBytes {
		return fmt.Errorf("actions.http.maxResponseBytes is %d; valid is 1 to %d", c.MaxResponseBytes, maxMaxResponseBytes)
	}
	if c.Timeout < 0 {
		return fmt.Errorf("actions.http.timeout is %s; it must be more than 0", c.Timeout)
	}
	return nil
}
