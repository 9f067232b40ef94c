// Command river is the program that docs/migration-from-river.md begins with.
package main

import (
	"context"
	"log"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

type WelcomeMailArgs struct {
	UserID int    `json:"userId"`
	To     string `json:"to"`
}

func (WelcomeMailArgs) Kind() string { return "mail.welcome" }

func (WelcomeMailArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: "mail", MaxAttempts: 5}
}

type WelcomeMailWorker struct {
	river.WorkerDefaults[WelcomeMailArgs]
}

func (w *WelcomeMailWorker) Timeout(*river.Job[WelcomeMailArgs]) time.Duration { return time.Minute }

func (w *WelcomeMailWorker) Work(_ context.Context, job *river.Job[WelcomeMailArgs]) error {
	log.Printf("welcomed %s", job.Args.To)
	return nil
}

func newClient(pool *pgxpool.Pool) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &WelcomeMailWorker{})
	return river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:  map[string]river.QueueConfig{"critical": {MaxWorkers: 6}, "mail": {MaxWorkers: 3}, "low": {MaxWorkers: 1}},
		Workers: workers,
	})
}

func signUp(ctx context.Context, pool *pgxpool.Pool, client *river.Client[pgx.Tx]) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	_, err = client.InsertTx(ctx, tx, WelcomeMailArgs{UserID: 42, To: "ada@example.org"}, &river.InsertOpts{ScheduledAt: time.Now().Add(10 * time.Minute)})
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func run(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, "postgres://shop@127.0.0.1/shop")
	if err != nil {
		return err
	}
	defer pool.Close()
	client, err := newClient(pool)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	if err := signUp(ctx, pool, client); err != nil {
		return err
	}
	<-client.Stopped()
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
