package embedded

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/auth"
	esclient "go.temporal.io/server/common/persistence/visibility/store/elasticsearch/client"

	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
)

// Elasticsearch says where the server keeps its visibility records.
type Elasticsearch struct {
	// URL is the address of a server of version 8: http://[USER:PASSWORD@]HOST:PORT.
	URL string

	// Index holds the records, each custom search attribute as a field of its own name. It is created when missing, and gets the
	// fields that it lacks. Empty means elastic.DefaultIndex.
	Index string

	// CAFile is the file of the certificates, in PEM, that the server's certificate is checked with. Empty means those of the system.
	CAFile string
}

// validate names what is wrong, but not what may be a password.
func (e *Elasticsearch) validate() error {
	parsed, err := url.Parse(e.URL)
	if err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Host != "" {
		return nil
	}
	shown := strconv.Quote(e.URL)
	if strings.Contains(e.URL, "@") {
		shown = "with a user"
	}
	return fmt.Errorf("invalid Elasticsearch URL %s: want http://[USER:PASSWORD@]HOST:PORT, or https", shown)
}

// client is how the server connects to Elasticsearch. The URL in it has no password, so that none gets into a message.
func (e *Elasticsearch) client() (*esclient.Config, error) {
	address, err := url.Parse(e.URL)
	if err != nil {
		return nil, err
	}
	password, _ := address.User.Password()
	config := &esclient.Config{
		Version:  "v8",
		Username: address.User.Username(),
		Password: password,
		Indices:  map[string]string{esclient.VisibilityAppName: e.Index},
	}
	address.User = nil
	config.URL = *address
	if e.CAFile != "" {
		config.TLS = &auth.TLS{Enabled: true, CaFile: e.CAFile, EnableHostVerification: true}
	}
	return config, nil
}

// connection is how the task log reads what the server writes.
func (e *Elasticsearch) connection() (elastic.Connection, error) {
	config, err := e.client()
	if err != nil {
		return elastic.Connection{}, err
	}
	return elastic.Connection{
		Addresses: []string{config.URL.String()}, Index: e.Index, Username: config.Username, Password: config.Password,
		CAFile: e.CAFile,
	}, nil
}

// prepareIndex makes the index, or adds to it the fields that it lacks.
func prepareIndex(ctx context.Context, e *Elasticsearch, attributes map[string]enumspb.IndexedValueType) error {
	connection, err := e.connection()
	if err != nil {
		return err
	}
	return elastic.SetUp(ctx, connection, attributes, func(string) {})
}
