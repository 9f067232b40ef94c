package task

// Progress is how far a running task has come, as its action tells it.
type Progress struct {
	Percent float64 `json:"percent"` // from 0 to 100
	Message string  `json:"message"`
}
