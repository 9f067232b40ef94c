package config

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/api/tao"
)

// API says where the REST API is served, and to whom.
type API struct {
	Listen string `yaml:"listen"` // address:port
	// Timeout is how long a request may take; downloads and bulk operations may take longer.
	Timeout time.Duration `yaml:"timeout"`
	Auth    auth.Config   `yaml:"auth"`
	TLS     TLS           `yaml:"tls"`
	CORS    CORS          `yaml:"cors"`
	Limits  api.Limits    `yaml:"limits"`
	// TrustedProxies are the addresses and networks of proxies that say in X-Forwarded-For which address a request comes from.
	TrustedProxies []string `yaml:"trustedProxies"`
	TAO            TAO      `yaml:"tao"`
	// TemporalUI is the address of the Temporal Web UI, to which the dashboard links. Default: none, so it does not.
	TemporalUI string `yaml:"temporalUi"`
}

// TAO says whether and how the endpoints of the PHP system are served.
type TAO struct {
	Enabled bool `yaml:"enabled"`
	// RedirectURL is the template of what answers have as redirectUrl; empty for none.
	RedirectURL string `yaml:"redirectUrl"`
}

// TLS names the server's certificate. Without one connections are not encrypted.
type TLS struct {
	CertFile string `yaml:"certFile"`
	KeyFile  string `yaml:"keyFile"`
}

// Enabled reports whether connections are encrypted.
func (t TLS) Enabled() bool { return t.CertFile != "" }

// CORS says which web sites' pages may use the API through a browser.
type CORS struct {
	AllowedOrigins []string `yaml:"allowedOrigins"`
}

func defaultAPI() API {
	return API{
		Listen: "127.0.0.1:8080", Timeout: api.DefaultTimeout, Auth: auth.Config{JWT: auth.JWT{}.WithDefaults()}, CORS: CORS{AllowedOrigins: []string{}},
		Limits: api.Limits{RequestsPerSecond: api.DefaultRequestsPerSecond, Burst: api.DefaultBurst}, TrustedProxies: []string{},
		TAO: TAO{Enabled: true},
	}
}

func (a API) validate() error {
	var errs []error
	if err := a.Auth.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("api.auth.%w", err))
	}
	if (a.TLS.CertFile == "") != (a.TLS.KeyFile == "") {
		errs = append(errs, errors.New("api.tls: certFile and keyFile belong together; give both or neither"))
	}
	if u, err := url.Parse(a.TemporalUI); err != nil || a.TemporalUI != "" && u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, fmt.Errorf("api.temporalUi is %q: it must be an address such as http://127.0.0.1:8233", a.TemporalUI))
	}
	if a.Timeout <= 0 {
		errs = append(errs, fmt.Errorf("api.timeout is %q: it must be more than 0", a.Timeout))
	}
	if err := a.Limits.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("api.limits.%w", err))
	}
	if _, err := tao.ParseRedirectURL(a.TAO.RedirectURL); err != nil {
		errs = append(errs, fmt.Errorf("api.tao.redirectUrl %w", err))
	}
	return errors.Join(errs...)
}
