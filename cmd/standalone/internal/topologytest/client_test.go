//go:build linux

package topologytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// visitor is who uses the APIs.
var visitor = &http.Client{Timeout: 30 * time.Second}

// entity is what the API tells of a task, as far as the tests look at it.
type entity struct {
	ID        string `json:"id"`
	RawStatus string `json:"rawStatus"`
	Report    *struct {
		Children []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"children"`
	} `json:"report"`
}

// message is what the action says, or what became of it.
func (e entity) message() string {
	if e.Report == nil {
		return ""
	}
	var messages []string
	for _, child := range e.Report.Children {
		messages = append(messages, child.Message)
	}
	return strings.Join(messages, "\n")
}

type filter struct {
	Column string `json:"column"`
	Op     string `json:"op"`
	Value  any    `json:"value"`
}

type page struct {
	Total int      `json:"total"`
	Tasks []entity `json:"tasks"`
	Next  string   `json:"next"`
}

// search asks for a page of 1,000 tasks.
func search(ctx context.Context, api *service, cursor string, filters ...filter) (page, error) {
	query := map[string]any{"filters": filters, "limit": 1000, "sortBy": "createdAt", "sortOrder": "asc"}
	if cursor != "" {
		query["cursor"] = cursor
	}
	var found page
	status, body, err := post(ctx, api.url+"/api/v1/tasks/search", query)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("search: status %d: %s", status, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	return found, err
}

// read asks for one task.
func read(ctx context.Context, api *service, id string) (entity, error) {
	var found entity
	body, err := get(ctx, api.url+"/api/v1/tasks/"+id)
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	return found, err
}

func post(ctx context.Context, url string, content any) (int, []byte, error) {
	encoded, err := json.Marshal(content)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(encoded))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return do(request)
}
