package api

import (
	"encoding/json"
	"net/http"
	"slices"
)

// queue is a queue as the API shows it.
type queue struct {
	Name         string   `json:"name"`
	Weight       int      `json:"weight"`
	Default      bool     `json:"default"`
	Waiting      int64    `json:"waiting"`
	Associations []string `json:"associations"`
}

func (s *Server) listQueues(c *call) error {
	dispatcher := s.config.Client.Dispatcher()
	associated := make(map[string][]string)
	for action, name := range dispatcher.Associations() {
		associated[name] = append(associated[name], action)
	}
	all := []queue{}
	for _, q := range dispatcher.Queues() {
		waiting, err := q.Broker.Count(c.Request.Context(), q.Name)
		if err != nil {
			return err
		}
		actions := append([]string{}, associated[q.Name]...)
		slices.Sort(actions)
		all = append(all, queue{
			Name: q.Name, Weight: q.Weight, Default: q.Name == dispatcher.DefaultQueue().Name, Waiting: waiting, Associations: actions,
		})
	}
	c.JSON(http.StatusOK, map[string]any{"queues": all})
	return nil
}

// action is an action as the API shows it.
type action struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema,omitempty"`
}

func (s *Server) listActions(c *call) error {
	registry := s.config.Client.Actions()
	all := []action{}
	for _, name := range registry.Names() {
		if known, ok := registry.Lookup(name); ok {
			all = append(all, action{Name: name, Schema: known.Schema})
		}
	}
	c.JSON(http.StatusOK, map[string]any{"actions": all})
	return nil
}
