package config

import (
	"io"
	"log/slog"
)

// NewLogger returns the logger that the configuration asks for.
func (l Logging) NewLogger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	if l.Format == FormatJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
