// Command asynq is the program that docs/migration-from-asynq.md begins with.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/hibiken/asynq"
)

const TypeWelcomeMail = "mail.welcome"

type WelcomeMailPayload struct {
	UserID int    `json:"userId"`
	To     string `json:"to"`
}

func handleWelcomeMail(_ context.Context, t *asynq.Task) error {
	var p WelcomeMailPayload
	if err := json.Unmarshal(t.Payload(), &p); err != nil {
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	log.Printf("welcomed %s", p.To)
	return nil
}

func enqueue(redis asynq.RedisConnOpt) error {
	client := asynq.NewClient(redis)
	defer client.Close()
	payload, err := json.Marshal(WelcomeMailPayload{UserID: 42, To: "ada@example.org"})
	if err != nil {
		return err
	}
	_, err = client.Enqueue(asynq.NewTask(TypeWelcomeMail, payload),
		asynq.Queue("mail"), asynq.MaxRetry(4), asynq.Timeout(time.Minute), asynq.ProcessIn(10*time.Minute), asynq.TaskID("welcome-42"))
	return err
}

func work(redis asynq.RedisConnOpt) error {
	server := asynq.NewServer(redis, asynq.Config{
		Concurrency: 10,
		Queues:      map[string]int{"critical": 6, "mail": 3, "low": 1},
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(TypeWelcomeMail, handleWelcomeMail)
	return server.Run(mux)
}

func main() {
	redis := asynq.RedisClientOpt{Addr: "127.0.0.1:6379"}
	if err := enqueue(redis); err != nil {
		log.Fatal(err)
	}
	if err := work(redis); err != nil {
		log.Fatal(err)
	}
}
