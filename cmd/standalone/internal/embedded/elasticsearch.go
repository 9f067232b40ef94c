package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/log"
	esclient "go.temporal.io/server/common/persistence/visibility/store/elasticsearch/client"
	"go.temporal.io/server/schema"
)

// DefaultIndex is used when Elasticsearch.Index is empty; it is the name that Temporal's own tools use.
const DefaultIndex = "temporal_visibility_v1_dev"

// Elasticsearch says where the server keeps its visibility records.
type Elasticsearch struct {
	// URL is the address of a server of version 7 or 8: http://[USER:PASSWORD@]HOST:PORT.
	URL string

	// Index holds the records, each custom search attribute as a field of its own name. It is created when missing, and gets the
	// fields that it lacks. Empty means DefaultIndex.
	Index string
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
	return config, nil
}

// prepareIndex creates the index, or adds to it the fields that it lacks. It changes nothing else in Elasticsearch: no template,
// which would apply to indices of other names too, and no setting of the cluster.
func prepareIndex(ctx context.Context, e *Elasticsearch, attributes map[string]enumspb.IndexedValueType) error {
	config, err := e.client()
	if err != nil {
		return err
	}
	client, err := esclient.NewCLIClient(config, log.NewNoopLogger())
	if err != nil {
		return fmt.Errorf("connect to Elasticsearch at %s: %w", config.URL.String(), err)
	}
	wrap := func(err error) error {
		return fmt.Errorf("prepare the index %q of Elasticsearch at %s: %w", e.Index, config.URL.String(), err)
	}
	template, err := schema.ElasticsearchIndexTemplate()
	if err != nil {
		return wrap(err)
	}
	err = writeIndex(ctx, client, e.Index, template)
	if isUnknownType(err, scaledFloat) {
		err = writeIndex(ctx, client, e.Index, withoutScaledFloat(template))
	}
	if err != nil {
		return wrap(err)
	}
	if len(attributes) == 0 {
		return nil
	}
	if _, err := client.PutMapping(ctx, e.Index, attributes); err != nil {
		return wrap(err)
	}
	return nil
}

// writeIndex creates the index as the template says, or gives the existing one the template's fields.
func writeIndex(ctx context.Context, client esclient.CLIClient, index, template string) error {
	var content struct {
		Settings map[string]any  `json:"settings"`
		Mappings json.RawMessage `json:"mappings"`
	}
	if err := json.Unmarshal([]byte(template), &content); err != nil {
		return fmt.Errorf("read Temporal's index template: %w", err)
	}
	exists, err := client.IndexExists(ctx, index)
	if err != nil {
		return err
	}
	if exists {
		_, err = client.IndexPutMapping(ctx, index, string(content.Mappings))
	} else {
		_, err = client.CreateIndex(ctx, index, map[string]any{"settings": content.Settings, "mappings": content.Mappings})
	}
	return err
}

// scaledFloat is the type of some of the template's fields. It comes with a module that some servers are built without.
const scaledFloat = "scaled_float"

func isUnknownType(err error, name string) bool {
	return err != nil && strings.Contains(err.Error(), "mapper type ["+name+"]")
}

// withoutScaledFloat replaces the type by one that every server has. It takes more room, and finds the same.
func withoutScaledFloat(template string) string {
	var content any
	if err := json.Unmarshal([]byte(template), &content); err != nil {
		return template // writeIndex reports it
	}
	replaceType(content)
	replaced, err := json.Marshal(content)
	if err != nil {
		return template
	}
	return string(replaced)
}

func replaceType(value any) {
	object, _ := value.(map[string]any)
	if object["type"] == scaledFloat {
		object["type"] = "double"
		delete(object, "scaling_factor")
	}
	for _, inner := range object {
		replaceType(inner)
	}
}
