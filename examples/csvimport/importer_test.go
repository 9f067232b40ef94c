package csvimport_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/examples/csvimport"
	"github.com/distributed-task-queue/taskqueue/examples/csvimport/internal/sample"
	"github.com/distributed-task-queue/taskqueue/task"
)

type bundle struct {
	*csvimport.Importer
	database  string
	importDir string
	files     *blob.Bucket
}

func setup(t *testing.T) *bundle {
	t.Helper()
	dir := t.TempDir()
	b := &bundle{database: filepath.Join(dir, "100% of #1?.db"), importDir: filepath.Join(dir, "import")}
	require.NoError(t, os.Mkdir(b.importDir, 0o700))
	var err error
	b.files, err = fileblob.OpenBucket(filepath.Join(dir, "files"), &fileblob.Options{CreateDir: true, NoTempDir: true})
	require.NoError(t, err)
	b.Importer, err = csvimport.New(t.Context(), csvimport.Config{Database: b.database, Files: b.files, ImportDir: b.importDir})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, b.Close())
		require.NoError(t, b.files.Close())
	})
	return b
}

// run is for imports that do not end early.
func (b *bundle) run(t *testing.T, args csvimport.Args) task.Report {
	t.Helper()
	report, err := b.Run(t.Context(), args)
	require.NoError(t, err)
	require.NoError(t, report.Validate())
	return report
}

// importText runs the import of a file with these lines.
func (b *bundle) importText(t *testing.T, lines ...string) task.Report {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(b.importDir, "it.csv"), []byte(strings.Join(lines, "\n")), 0o600))
	return b.run(t, csvimport.Args{File: "it.csv"})
}

// query reads the database as any other program would.
func (b *bundle) query(t *testing.T, query string, into ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20").Replace(b.database)+"?mode=ro")
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(into...))
}

func (b *bundle) rows(t *testing.T) int {
	t.Helper()
	var n int
	b.query(t, "SELECT count(*) FROM almanac", &n)
	return n
}

// file returns the records of the file that a report names.
func (b *bundle) file(t *testing.T, report task.Report) [][]string {
	t.Helper()
	require.NotEmpty(t, fileOf(report))
	content, err := b.files.ReadAll(t.Context(), fileOf(report))
	require.NoError(t, err)
	records, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"line", "reason", "row"}, records[0])
	return records[1:]
}

func (b *bundle) fileNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for list := b.files.List(nil); ; {
		object, err := list.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return names
		}
		require.NoError(t, err)
		names = append(names, object.Key)
	}
}

const (
	correct1 = "2000-01-01,2451545,Saturday,1,1999-W52,24.4,waning crescent"
	correct2 = "2000-01-02,2451546,Sunday,2,1999-W52,25.4,waning crescent"
)

func TestSample(t *testing.T) {
	t.Parallel()
	b := setup(t)
	defects := sampleDefects(t)
	report := b.run(t, csvimport.Args{Sample: true})

	require.Equal(t, task.TypeSuccess, report.Type)
	require.Equal(t, task.Completed, report.Status())
	require.Equal(t, "the sample: 12042 rows read, 12000 written, 42 refused", report.Message)
	require.Equal(t, csvimport.Counts{Read: 12042, Written: 12000, Refused: 42}, report.Children[0].Data)
	require.Equal(t, sample.Days, b.rows(t))

	records := b.file(t, report)
	require.Len(t, records, len(defects))
	for i, d := range defects {
		require.Equal(t, strconv.Itoa(d.Line), records[i][0])
		require.Contains(t, records[i][1], reasons[d.Kind], d.Kind)
	}

	warnings := report.Children[1:]
	require.Len(t, warnings, 21)
	for i, w := range warnings[:20] {
		require.Equal(t, task.TypeWarning, w.Type)
		require.Equal(t, fmt.Sprintf("line %s was refused: %s", records[i][0], records[i][1]), w.Message)
	}
	require.Equal(t, "22 more lines were refused", warnings[20].Message)

	var first, last, weekday, phase string
	var julianDay int
	var moonAge float64
	b.query(t, "SELECT min(date), max(date) FROM almanac", &first, &last)
	require.Equal(t, "1990-01-01 to 2022-11-08", first+" to "+last)
	b.query(t, "SELECT julian_day, weekday, moon_age, moon_phase FROM almanac WHERE date = '2019-01-21'", &julianDay, &weekday, &moonAge, &phase)
	require.Equal(t, 2458505, julianDay)
	require.Equal(t, "Monday", weekday)
	require.Equal(t, "full moon", phase)
	require.InDelta(t, 15.5, moonAge, 0.5)
}

func TestImportAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.run(t, csvimport.Args{Sample: true})
	var before, after string
	const all = "SELECT group_concat(date || julian_day || weekday || day_of_year || iso_week || moon_age || moon_phase) FROM almanac"
	b.query(t, all, &before)
	second := b.run(t, csvimport.Args{Sample: true})
	b.query(t, all, &after)
	require.Equal(t, before, after)
	require.Equal(t, first.Children[0].Data, second.Children[0].Data)
	require.NotEqual(t, fileOf(first), fileOf(second), "two tasks have a file each")

	b.importText(t, sample.Header, strings.Replace(correct1, "24.4", "0.1", 1))
	var moonAge float64
	b.query(t, "SELECT moon_age FROM almanac WHERE date = '2000-01-01'", &moonAge)
	require.InDelta(t, 0.1, moonAge, 1e-9, "a row that is there is updated")
	require.Equal(t, sample.Days, b.rows(t))
}

func TestCorrectFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	report := b.importText(t, "\uFEFF"+sample.Header+"\r", correct1+"\r", "", `"2000-01-02","2451546",Sunday,2,1999-W52,25.4,waning crescent`)
	require.Equal(t, task.TypeSuccess, report.Type)
	require.Equal(t, csvimport.Counts{Read: 2, Written: 2}, report.Children[0].Data)
	require.Len(t, report.Children, 1)
	require.Empty(t, b.file(t, report))
	require.Equal(t, 2, b.rows(t))
}

func TestColumnsInAnotherOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	report := b.importText(t, "weekday,julian_day,moon_phase,date,day_of_year,moon_age,iso_week", "Saturday,2451545,waning crescent,2000-01-01,1,24.4,1999-W52")
	require.Equal(t, task.TypeSuccess, report.Type, report.String())
	require.Equal(t, 1, b.rows(t))
}

func TestWrongHeader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for header, want := range map[string]string{
		"": "it.csv cannot be imported: it is empty",
		strings.TrimSuffix(sample.Header, ",moon_phase"): "it.csv cannot be imported: line 1: the header has no column moon_phase; valid are date, julian_day,",
		sample.Header + ",date":                          "it.csv cannot be imported: line 1: the header has 8 columns; valid are date, julian_day,",
		strings.Repeat("x", 1<<17):                       "it.csv cannot be imported: line 1: the line is longer than 65536 bytes",
		"\xff" + sample.Header:                           "it.csv cannot be imported: line 1: byte 1 is not valid UTF-8",
		`da"te`:                                          "it.csv cannot be imported: line 1: byte 3: bare",
	} {
		report := b.importText(t, header)
		require.True(t, report.Failed())
		require.Contains(t, report.Message, want)
	}
	require.Zero(t, b.rows(t))
	require.Empty(t, b.fileNames(t))
}

func TestNoRowCanBeImported(t *testing.T) {
	t.Parallel()
	report := setup(t).importText(t, sample.Header, "a", "b")
	require.Equal(t, task.TypeError, report.Type)
	require.Equal(t, "it.csv: 2 rows read, 0 written, 2 refused", report.Message)
}

// One bad line costs one row: neither a quote that is not closed nor a line without an end may
// take others with it, or all the memory.
func TestBadLineCostsOneRow(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"open quote": `2000-01-01,"2451545,Saturday`,
		"long line":  strings.Repeat("x", 1<<20),
		"long field": "2000-01-01,2451545," + strings.Repeat("é", 10_000) + ",1,1999-W52,24.4,full moon",
		"long bytes": strings.Repeat("\xff", 60_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			report := b.importText(t, sample.Header, correct1, bad, correct2)
			require.Equal(t, csvimport.Counts{Read: 3, Written: 2, Refused: 1}, report.Children[0].Data)
			require.Equal(t, "3", b.file(t, report)[0][0])
			require.Less(t, len(report.Children[1].Message), 300)

			report = b.importText(t, sample.Header, correct1, bad)
			require.Equal(t, csvimport.Counts{Read: 2, Written: 1, Refused: 1}, report.Children[0].Data, "as the last line too")
		})
	}
}

func TestWrongArgs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := filepath.Join(filepath.Dir(b.importDir), "secret.csv")
	require.NoError(t, os.WriteFile(secret, []byte(sample.Header+"\n"+correct1), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(b.importDir, "link.csv")))
	require.NoError(t, os.Symlink("..", filepath.Join(b.importDir, "up")))
	require.NoError(t, os.Mkdir(filepath.Join(b.importDir, "dir"), 0o700))
	require.NoError(t, syscall.Mkfifo(filepath.Join(b.importDir, "pipe"), 0o600))

	for _, tc := range []struct {
		args csvimport.Args
		want string
	}{
		{csvimport.Args{}, `must have either "file", the path of a file to import, or "sample": true`},
		{csvimport.Args{File: "a.csv", Sample: true}, `must have either "file"`},
		{csvimport.Args{File: "../secret.csv"}, `name the file "../secret.csv"; valid is a path below the import directory`},
		{csvimport.Args{File: "dir/../../secret.csv"}, "valid is a path below the import directory"},
		{csvimport.Args{File: secret}, "valid is a path below the import directory"},
		{csvimport.Args{File: "link.csv"}, "escapes"},
		{csvimport.Args{File: "up/secret.csv"}, "escapes"},
		{csvimport.Args{File: "none.csv"}, `name the file "none.csv", which does not exist in the import directory`},
		{csvimport.Args{File: "dir"}, `name "dir", which is no regular file`},
		{csvimport.Args{File: "pipe"}, `name "pipe", which is no regular file`},
	} {
		_, err := b.Run(t.Context(), tc.args)
		require.ErrorContains(t, err, tc.want)
	}
	require.Zero(t, b.rows(t))
	require.Empty(t, b.fileNames(t))
}

func TestWithoutImportDir(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i, err := csvimport.New(t.Context(), csvimport.Config{Database: b.database, Files: b.files})
	require.NoError(t, err)
	defer i.Close()
	_, err = i.Run(t.Context(), csvimport.Args{File: "it.csv"})
	require.ErrorContains(t, err, "this worker has no import directory; only the sample can be imported")
	_, err = i.Run(t.Context(), csvimport.Args{Sample: true})
	require.NoError(t, err)
}

func TestWrongConfig(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		cfg  csvimport.Config
		want string
	}{
		{csvimport.Config{Files: b.files}, "csvimport: Config.Database is empty"},
		{csvimport.Config{Database: b.database}, "csvimport: Config.Files is nil"},
		{csvimport.Config{Database: b.database, Files: b.files, MaxWarnings: -1}, "csvimport: Config.MaxWarnings is -1"},
		{csvimport.Config{Database: b.database, Files: b.files, ImportDir: "/no/such"}, "csvimport: import directory: open /no/such"},
		{csvimport.Config{Database: "/no/such/it.db", Files: b.files}, `csvimport: database "/no/such/it.db"`},
	} {
		_, err := csvimport.New(t.Context(), tc.cfg)
		require.ErrorContains(t, err, tc.want)
	}
}

// slowCancel is a context that is cancelled while the import has been reading for some lines.
type slowCancel struct {
	context.Context //nolint:containedctx // it is a context

	cancel context.CancelCauseFunc
	mu     sync.Mutex
	left   int
}

func (c *slowCancel) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		c.cancel(errShutdown)
	}
	return c.Context.Err()
}

var errShutdown = errors.New("the worker stops")

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := &slowCancel{left: 3000}
	ctx.Context, ctx.cancel = context.WithCancelCause(t.Context())
	_, err := b.Run(ctx, csvimport.Args{Sample: true})
	require.ErrorContains(t, err, "import of the sample ended at line ")
	require.True(t, errors.Is(err, errShutdown) || errors.Is(err, context.Canceled), err)
	require.Empty(t, b.fileNames(t), "half a file would look like a whole one")
	written := b.rows(t)
	require.Zero(t, written%500, "batches are written as a whole")
	require.Less(t, written, sample.Days)

	b.run(t, csvimport.Args{Sample: true})
	require.Equal(t, sample.Days, b.rows(t), "running it again completes it")
}

func TestImportsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	reports := make([]task.Report, 2)
	var group sync.WaitGroup
	for n := range reports {
		group.Go(func() {
			var err error
			if reports[n], err = b.Run(t.Context(), csvimport.Args{Sample: true}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Equal(t, sample.Days, b.rows(t))
	for _, r := range reports {
		require.Len(t, b.file(t, r), 42)
	}
	require.Len(t, b.fileNames(t), len(reports))
}

// As an activity the file has the name of its task.
func TestAction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	registry := activities.NewRegistry()
	require.NoError(t, b.Register(registry))
	action, found := registry.Lookup("csv.import")
	require.True(t, found)
	category, err := action.Category(json.RawMessage(`{"sample":true}`))
	require.NoError(t, err)
	require.Equal(t, task.CategoryImport, category)
	_, err = action.Run(t.Context(), json.RawMessage(`{"path":"a"}`))
	require.ErrorContains(t, err, `unknown field "path"`)

	ctx := activities.WithExecution(t.Context(), &activities.Execution{TaskID: "42"})
	report, err := action.Run(ctx, json.RawMessage(`{"sample":true}`))
	require.NoError(t, err)
	require.Equal(t, "csv-import-42-refused.csv", fileOf(report))
	require.Equal(t, csvimport.Counts{Read: 12042, Written: 12000, Refused: 42}, report.Children[0].Data)
	require.Len(t, b.file(t, report), 42)
}

// fileOf returns the file that the task log finds: a task's stored report has the action's as its child.
func fileOf(r task.Report) string { return task.Info("root").Add(r).FileName() }
