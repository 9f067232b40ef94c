package elastic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// Connection says where Elasticsearch is, and how to be let in.
type Connection struct {
	// Addresses are the URLs of the cluster's nodes, as in https://search.example.com:9200. Required. They hold no credentials.
	Addresses []string `yaml:"addresses"`
	// Index is the one that Temporal keeps its visibility in. Default DefaultIndex.
	Index string `yaml:"index"`
	// Username and Password are for basic authentication. Default: none.
	Username string `yaml:"username"`
	Password string `yaml:"password"`
	// APIKey is the encoded form of an API key, used instead of a user name and password. Default: none.
	APIKey string `yaml:"apiKey"`
	// CAFile is the file of the certificates, in PEM, that the servers' certificates are checked with. Default: those of the system.
	CAFile string `yaml:"caFile"`
	// Timeout bounds each request. Default DefaultTimeout.
	Timeout time.Duration `yaml:"timeout"`
}

const (
	// DefaultIndex is what Temporal's own configuration files call the index.
	DefaultIndex = "temporal_visibility_v1"
	// maxIdleConnections are kept to each node. Searches come in bursts, and a new connection takes longer than most of them.
	maxIdleConnections = 32
	// DefaultTimeout is how long a request may take.
	DefaultTimeout = 30 * time.Second
)

// WithDefaults returns the connection with defaults in place of what is not set.
func (c Connection) WithDefaults() Connection {
	c.Index = cmp.Or(c.Index, DefaultIndex)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	return c
}

// Validate says which field is wrong. It never repeats a password or key.
func (c Connection) Validate() error {
	if len(c.Addresses) == 0 {
		return errors.New("elasticsearch: addresses are empty: name at least one, as in https://127.0.0.1:9200")
	}
	for i, address := range c.Addresses {
		u, err := url.Parse(address)
		switch {
		case err != nil: // the error would repeat the address, which may hold a password
			return fmt.Errorf("elasticsearch: addresses[%d] is not a URL; it must be like https://127.0.0.1:9200", i)
		case u.User != nil:
			return fmt.Errorf("elasticsearch: addresses[%d] holds credentials: give them as username and password", i)
		case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			return fmt.Errorf("elasticsearch: addresses[%d] is not a URL; it must be like https://127.0.0.1:9200", i)
		case u.RawQuery != "" || u.Fragment != "":
			return fmt.Errorf("elasticsearch: addresses[%d] has more than scheme, host, port and path; it must be like https://127.0.0.1:9200", i)
		}
	}
	switch {
	case strings.ContainsAny(c.Index, `*?,/\"<>| #:`):
		return fmt.Errorf("elasticsearch: index is %q; it must be the name of one index or alias", c.Index)
	case c.APIKey != "" && c.Username != "":
		return errors.New("elasticsearch: apiKey and username are both set: use one of them")
	case c.Password != "" && c.Username == "":
		return errors.New("elasticsearch: password is set, but username is not")
	case c.Timeout < 0:
		return fmt.Errorf("elasticsearch: timeout is %s; it must be more than 0", c.Timeout)
	}
	return nil
}

// name says where the index is, for errors.
func (c Connection) name() string {
	return fmt.Sprintf("%q at %s", c.Index, strings.Join(c.Addresses, ", "))
}

// dial makes a client; it sends nothing.
func (c Connection) dial() (*elasticsearch.Client, error) {
	// A page of tasks is small, and compressing it takes longer than sending it.
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented to be one
	transport.DisableCompression = true
	transport.MaxIdleConnsPerHost = maxIdleConnections
	config := elasticsearch.Config{Transport: transport, Addresses: c.Addresses, Username: c.Username, Password: c.Password, APIKey: c.APIKey}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("elasticsearch: read caFile: %w", err)
		}
		config.CACert = pem
	}
	es, err := elasticsearch.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return es, nil
}

// Config is what the engine needs.
type Config struct {
	Connection

	// Client is connected to the server that writes the index. Required unless NamespaceID is set.
	Client client.Client
	// Namespace is where the tasks are. Default "default".
	Namespace string
	// NamespaceID is what the server calls that namespace inside. Default: it is asked for.
	NamespaceID string
	// DataConverter must be the one that tasks run with. Default Temporal's own.
	DataConverter converter.DataConverter
}

// WithDefaults returns the configuration with defaults in place of what is not set.
func (c Config) WithDefaults() Config {
	c.Connection = c.Connection.WithDefaults()
	c.Namespace = cmp.Or(c.Namespace, client.DefaultNamespace)
	if c.DataConverter == nil {
		c.DataConverter = converter.GetDefaultDataConverter()
	}
	return c
}

// namespaceID asks the server unless it is known.
func (c Config) namespaceID(ctx context.Context) (string, error) {
	if c.NamespaceID != "" {
		return c.NamespaceID, nil
	}
	described, err := c.Client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
	if err != nil {
		return "", fmt.Errorf("describe namespace %q: %w", c.Namespace, err)
	}
	return described.GetNamespaceInfo().GetId(), nil
}
