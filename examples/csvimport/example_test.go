package csvimport_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gocloud.dev/blob/memblob"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/examples/csvimport"
)

// A program with the action csv.import.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "taskqueue-import-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()

	importer, err := csvimport.New(ctx, csvimport.Config{
		Database:  filepath.Join(dir, "almanac.db"),
		Files:     bucket, // a gocloud.dev/blob bucket: a directory, S3, …
		ImportDir: dir,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer importer.Close()
	registry := taskqueue.NewRegistry()
	if err := importer.Register(registry); err != nil {
		log.Fatal(err)
	}

	action, _ := registry.Lookup("csv.import") // a worker looks it up for a task
	report, err := action.Run(ctx, []byte(`{"sample": true}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Message)
	// Output:
	// the sample: 12042 rows read, 12000 written, 42 refused
}
