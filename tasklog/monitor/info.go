package monitor

import "time"

// Info is what is known of the log, as the API and the command line show it. What has not been measured is null.
type Info struct {
	Engine           string     `json:"engine"`
	RetentionSeconds *float64   `json:"retentionSeconds"`
	ReachesBackTo    *time.Time `json:"reachesBackTo"`
	Index            IndexInfo  `json:"index"`
}

// IndexInfo is the part of Info that an Index gives.
type IndexInfo struct {
	Up         *bool      `json:"up"`
	LagSeconds *float64   `json:"lagSeconds"`
	MeasuredAt *time.Time `json:"measuredAt"`
}

// Index returns how the index did when it was last measured; nil if it was not.
func (m *Monitor) Index() *Index {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index
}

// Reach returns how far the log reaches back by now; nil if that was not measured.
func (m *Monitor) Reach() *Reach {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reach == nil {
		return nil
	}
	reach := *m.reach
	reach.Since = latest(reach.Since, m.config.Clock().Add(-reach.Retention))
	return &reach
}

// Removed returns how many tasks retention has removed since the monitor was made, and before as far as the server had not deleted
// them yet when it first looked. A task is counted up to two intervals before it goes.
func (m *Monitor) Removed() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.removed
}

// Info returns what was last measured.
func (m *Monitor) Info() Info {
	info := Info{Engine: m.config.Engine}
	if reach := m.Reach(); reach != nil {
		retention, since := reach.Retention.Seconds(), reach.Since.UTC().Truncate(time.Second)
		info.RetentionSeconds, info.ReachesBackTo = &retention, &since
	}
	if index := m.Index(); index != nil {
		at := index.MeasuredAt.UTC().Truncate(time.Millisecond)
		info.Index = IndexInfo{Up: &index.Up, MeasuredAt: &at}
		if index.Lag > 0 {
			lag := index.Lag.Seconds()
			info.Index.LagSeconds = &lag
		}
	}
	return info
}
