package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// noHTTPPort begins the warning that Temporal's HTTP API is off, which it is on
// purpose: it would be one more unauthenticated port that any web page open on
// this machine could send requests to.
const noHTTPPort = "HTTP API port has not been set"

// serverLogger passes the lines of Temporal's logger on to slog.
type serverLogger struct {
	logger *slog.Logger
	level  *slog.LevelVar // shared with the loggers derived by With
}

var (
	_ log.Logger     = (*serverLogger)(nil)
	_ log.WithLogger = (*serverLogger)(nil)
)

func newServerLogger(logger *slog.Logger, least slog.Leveler) *serverLogger {
	level := new(slog.LevelVar)
	level.Set(least.Level())
	return &serverLogger{logger: logger, level: level}
}

// silence drops all further lines.
func (l *serverLogger) silence() { l.level.Set(math.MaxInt) }

// With implements log.WithLogger.
func (l *serverLogger) With(tags ...tag.Tag) log.Logger {
	return &serverLogger{logger: slog.New(l.logger.Handler().WithAttrs(attributes(tags))), level: l.level}
}

// Debug implements log.Logger.
func (l *serverLogger) Debug(msg string, tags ...tag.Tag) { l.log(slog.LevelDebug, msg, tags) }

// Info implements log.Logger.
func (l *serverLogger) Info(msg string, tags ...tag.Tag) { l.log(slog.LevelInfo, msg, tags) }

// Warn implements log.Logger.
func (l *serverLogger) Warn(msg string, tags ...tag.Tag) { l.log(slog.LevelWarn, msg, tags) }

// Error implements log.Logger.
func (l *serverLogger) Error(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

// DPanic implements log.Logger: it panics in development only, which this is not.
func (l *serverLogger) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

// Panic implements log.Logger.
func (l *serverLogger) Panic(msg string, tags ...tag.Tag) { l.panic(msg, tags) }

// Fatal implements log.Logger. The server relies on it not to return; a panic
// ends the process as well and says where.
func (l *serverLogger) Fatal(msg string, tags ...tag.Tag) { l.panic(msg, tags) }

func (l *serverLogger) panic(msg string, tags []tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	panic(fmt.Sprintf("Temporal server: %s %v", msg, attributes(tags)))
}

func (l *serverLogger) log(level slog.Level, msg string, tags []tag.Tag) {
	if level >= l.level.Level() && !strings.HasPrefix(msg, noHTTPPort) {
		l.logger.LogAttrs(context.Background(), level, msg, attributes(tags)...)
	}
}

func attributes(tags []tag.Tag) []slog.Attr {
	attributes := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attributes[i] = slog.Any(t.Key(), t.Value())
	}
	return attributes
}
