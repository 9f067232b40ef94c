package command

// tail is a writer that keeps the last max bytes: what a program says last tells best how it ended.
type tail struct {
	max     int
	buf     []byte
	dropped bool // more than max bytes were written
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
		t.dropped = true
	}
	return len(p), nil
}
