package tasklogtest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// How many random filters are tried, and from which seed, can be set in the environment. The seed of a failure is told.
const (
	filtersVariable = "TASKLOG_FILTERS"
	seedVariable    = "TASKLOG_SEED"
	defaultFilters  = 300
	defaultSeed     = 1
	pagedShare      = 8  // one of so many lists is read by cursors too
	longestPattern  = 24 // characters: Elasticsearch refuses long patterns with many wildcards as too complex
	hostileShare    = 8  // one of so many texts would change a query's meaning
)

// zones are those in which filters name their times.
var zones = []*time.Location{time.UTC, time.UTC, time.FixedZone("", 5*60*60+45*60), time.FixedZone("", -11*60*60)}

func (b *bench) testRandomFilters(t *testing.T) {
	t.Parallel()
	n, first := fromEnvironment(t, filtersVariable, defaultFilters), fromEnvironment(t, seedVariable, defaultSeed)
	for seed := first; seed < first+n; seed++ {
		b.checkRandomFilter(t, seed)
	}
}

func (b *bench) checkRandomFilter(t *testing.T, seed uint64) {
	t.Helper()
	defer func() { // what is demanded ends the test
		if t.Failed() {
			t.Logf("to repeat: %s=%d %s=1", seedVariable, seed, filtersVariable)
		}
	}()
	g := generator{bench: b, Rand: rand.New(rand.NewPCG(seed, 0))}
	q := g.question()
	b.check(t, q)
	if g.IntN(pagedShare) == 0 {
		q.limit, q.offset = -1, 0
		b.checkPages(t, q, 3+g.IntN(10))
	}
}

func fromEnvironment(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, "%s", name)
	return n
}

type generator struct {
	*rand.Rand

	bench *bench
}

func pick[T any](g generator, from []T) T { return from[g.IntN(len(from))] }

func (g generator) question() question {
	q := question{sortBy: pick(g, tasklog.Columns()), descending: g.IntN(2) == 0, limit: -1}
	for range g.IntN(4) {
		q.conditions = append(q.conditions, g.condition())
	}
	if g.IntN(6) == 0 {
		q.text = g.text()
	}
	if g.IntN(2) == 0 {
		q.limit = g.IntN(12)
	}
	if g.IntN(3) == 0 {
		q.offset = g.IntN(12)
	}
	return q
}

func (g generator) condition() condition {
	for {
		column, op := pick(g, tasklog.Columns()), pick(g, tasklog.Operators())
		if !op.Takes(column.Kind()) {
			continue
		}
		values := g.bench.values(column, op)
		next := func() any {
			v := pick(g, values)
			if _, ok := v.(string); ok && column != tasklog.Status && g.IntN(hostileShare) == 0 {
				v = pick(g, hostile)
			}
			switch op {
			case tasklog.Like, tasklog.NotLike:
				return g.pattern(v.(string))
			}
			if at, ok := v.(time.Time); ok {
				at = at.Add(time.Duration(g.IntN(5)-2) * time.Millisecond).In(pick(g, zones))
				if g.IntN(2) == 0 {
					return at.Format(time.RFC3339Nano)
				}
				return at
			}
			return v
		}
		if !op.List() {
			return condition{column, op, next()}
		}
		list := []any{}
		for range g.IntN(6) {
			list = append(list, next())
		}
		return condition{column, op, list}
	}
}

// text returns one or two words, or beginnings of words, of a task.
func (g generator) text() string {
	var words []string
	for len(words) == 0 {
		words = wordsOf(strings.ReplaceAll(pick(g, g.bench.records)[allText].(string), "*", " "))
	}
	var query []string
	for range 1 + g.IntN(2) {
		word := []rune(pick(g, words))
		if g.IntN(2) == 0 {
			query = append(query, string(word[:1+g.IntN(len(word))])+"*")
		} else {
			query = append(query, string(word))
		}
	}
	return strings.Join(query, " ")
}

// pattern makes a pattern that has a chance to match the text.
func (g generator) pattern(text string) string {
	runes := []rune(text)
	runes = runes[:min(len(runes), longestPattern)]
	if len(runes) > 0 && g.IntN(3) > 0 {
		from := g.IntN(len(runes))
		runes = runes[from : from+g.IntN(len(runes)-from)+1]
	}
	var pattern []rune
	for _, r := range runes {
		switch g.IntN(8) {
		case 0:
			pattern = append(pattern, '_')
		case 1:
			pattern = append(pattern, '%')
		case 2:
			pattern = append(pattern, '\\', r)
		default:
			pattern = append(pattern, r)
		}
	}
	switch g.IntN(4) {
	case 0:
		return "%" + string(pattern)
	case 1:
		return string(pattern) + "%"
	case 2:
		return "%" + string(pattern) + "%"
	}
	return string(pattern)
}
