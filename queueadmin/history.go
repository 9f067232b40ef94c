package queueadmin

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// HistoryInterval is how often a History looks at the queues.
	HistoryInterval = 15 * time.Second
	// HistoryLength is how far back a History reaches.
	HistoryLength = time.Hour

	// sampleTimeout is how long a look may take.
	sampleTimeout = 10 * time.Second
)

// Load is how busy a queue was.
type Load struct {
	Waiting int64 `json:"waiting"`
	Traffic
}

// Sample is how busy the queues were at one time, by their names. One whose store did not answer is left out.
type Sample struct {
	At     time.Time       `json:"at"`
	Queues map[string]Load `json:"queues"`
}

// History remembers how busy the queues were in the last hour. Temporal only knows how they are now. It is safe for concurrent use,
// and is a prometheus.Collector of how they were when it last looked.
type History struct {
	list   func(context.Context) ([]Queue, error)
	logger *slog.Logger

	mu      sync.Mutex
	samples []Sample
	latest  []Queue // what the last look saw; nil if it failed
}

// NewHistory returns a history that is empty until it runs. The logger is told when looks begin to fail.
func NewHistory(a *Admin, logger *slog.Logger) *History {
	return &History{list: a.List, logger: logger}
}

// Run looks at the queues, at once and then every HistoryInterval, until ctx ends.
func (h *History) Run(ctx context.Context) {
	tick := time.NewTicker(HistoryInterval)
	defer tick.Stop()
	for failed := false; ; {
		err := h.sample(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			h.logger.WarnContext(ctx, "The queues cannot be measured for their history", "error", err)
		}
		failed = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (h *History) sample(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sampleTimeout)
	defer cancel()
	all, err := h.list(ctx)
	h.mu.Lock()
	h.latest = all
	h.mu.Unlock()
	if err != nil {
		return err
	}
	s := Sample{At: time.Now().UTC().Truncate(time.Millisecond), Queues: make(map[string]Load, len(all))}
	for _, q := range all {
		if q.Error != "" {
			continue // how much waits is not known
		}
		s.Queues[q.Name] = Load{Waiting: q.Waiting, Traffic: q.Traffic}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.samples = append(h.samples, s)
	old := s.At.Add(-HistoryLength)
	h.samples = slices.DeleteFunc(h.samples, func(s Sample) bool { return s.At.Before(old) })
	return nil
}

// Samples returns what is remembered, the oldest first.
func (h *History) Samples() []Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Sample{}, h.samples...) // [] in JSON if there are none
}
