package elastic

import "encoding/json"

// answer is Elasticsearch's answer to a search.
type answer struct {
	PIT          string `json:"pit_id"`
	Hits         hits
	Aggregations map[string]json.RawMessage
}

type hits struct {
	Total *struct{ Value int64 }
	Hits  []hit
}

// total returns the number of all hits, 0 if it was not asked for.
func (h hits) total() int64 {
	if h.Total == nil {
		return 0
	}
	return h.Total.Value
}

type hit struct {
	Source document        `json:"_source"`
	Sort   json.RawMessage `json:"sort"` // whose numbers may have more digits than a float64
}

// termsAnswer is the answer to an aggregation by terms.
type termsAnswer struct {
	Others  int64 `json:"sum_other_doc_count"`
	Buckets []struct {
		Key string
		groupAnswer
	}
}
