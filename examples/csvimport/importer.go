package csvimport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gocloud.dev/blob"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
)

// batchSize is how many rows are written in one transaction: enough that a transaction's price does not
// count, few enough that a cancelled import stops at once.
const batchSize = 500

// Importer runs imports, any number of them at once.
type Importer struct {
	store       *store
	files       *blob.Bucket
	importDir   *os.Root // nil if there is none
	maxWarnings int
}

// New opens the database and the import directory. Close the importer when no task runs any more.
func New(ctx context.Context, cfg Config) (*Importer, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	i := &Importer{files: cfg.Files, maxWarnings: cfg.MaxWarnings}
	var err error
	if cfg.ImportDir != "" {
		if i.importDir, err = os.OpenRoot(cfg.ImportDir); err != nil {
			return nil, fmt.Errorf("csvimport: import directory: %w", err)
		}
	}
	if i.store, err = openStore(ctx, cfg.Database); err != nil {
		return nil, errors.Join(fmt.Errorf("csvimport: %w", err), i.Close())
	}
	return i, nil
}

// Register adds the action csv.import to the registry.
func (i *Importer) Register(r *activities.Registry) error { return activities.Register(r, i.Run) }

// Close closes the database and the import directory.
func (i *Importer) Close() error {
	var errs []error
	if i.importDir != nil {
		errs = append(errs, i.importDir.Close())
	}
	if i.store != nil {
		errs = append(errs, i.store.close())
	}
	return errors.Join(errs...)
}

// Counts is the data of an import's report.
type Counts struct {
	Read    int `json:"read"`    // lines but the header and blank ones
	Written int `json:"written"` // rows that are now in the database
	Refused int `json:"refused"`
}

// Run imports a file. Rows that are refused are warnings in the report; a file of which no row can be imported
// is an error. If it ends early, what it wrote stays, and running it again completes it.
func (i *Importer) Run(ctx context.Context, args Args) (task.Report, error) {
	csv, err := i.open(args)
	if err != nil {
		return task.Report{}, err
	}
	defer csv.Close() //nolint:errcheck // only read from
	name := csv.name

	rows, err := newRowReader(csv)
	if wrong, ok := errors.AsType[*rowError](err); ok {
		return task.Error("%s cannot be imported: line %d: %v", name, wrong.line, wrong.reason), nil
	}
	if errors.Is(err, io.EOF) {
		return task.Error("%s cannot be imported: it is empty", name), nil
	}
	if err != nil {
		return task.Report{}, fmt.Errorf("read the header of %s: %w", name, err)
	}

	refused, err := newRefusals(ctx, i.files, i.maxWarnings)
	if err != nil {
		return task.Report{}, err
	}
	counts, err := i.load(ctx, rows, refused, csv.percent)
	if err != nil {
		refused.discard()
		return task.Report{}, fmt.Errorf("import of %s ended at line %d with %d rows written: %w", name, rows.lines.number, counts.Written, err)
	}
	if err := refused.save(); err != nil {
		return task.Report{}, err
	}
	return summary(name, counts, refused), nil
}

// load writes the rows, and tells how far it has come.
func (i *Importer) load(ctx context.Context, rows *rowReader, refused *refusals, percent func() float64) (Counts, error) {
	var counts Counts
	batch := make([]row, 0, batchSize)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := i.store.write(ctx, batch); err != nil {
			return err
		}
		counts.Written += len(batch)
		batch = batch[:0]
		activities.Progress(ctx, percent(), fmt.Sprintf("%d rows read, %d written, %d refused", counts.Read, counts.Written, counts.Refused))
		return nil
	}
	for {
		if ctx.Err() != nil {
			return counts, context.Cause(ctx)
		}
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			return counts, flush()
		}
		wrong, refuse := errors.AsType[*rowError](err)
		if err != nil && !refuse {
			return counts, fmt.Errorf("read: %w", err)
		}
		counts.Read++
		if refuse {
			counts.Refused++
			if err := refused.add(wrong); err != nil {
				return counts, err
			}
			continue
		}
		if batch = append(batch, r); len(batch) == batchSize {
			if err := flush(); err != nil {
				return counts, err
			}
		}
	}
}

// summary is a success as long as rows were imported: its data is the file to download, which the log looks for in
// successes only. What was refused are warnings below it.
func summary(name string, counts Counts, refused *refusals) task.Report {
	report := task.Success
	if counts.Refused > 0 && counts.Written == 0 {
		report = task.Error
	}
	return report("%s: %d rows read, %d written, %d refused", name, counts.Read, counts.Written, counts.Refused).
		WithData(refused.name).
		Add(task.Info("the refused rows, with their line numbers and reasons, are in %s", refused.name).WithData(counts)).
		Add(refused.warnings()...)
}
