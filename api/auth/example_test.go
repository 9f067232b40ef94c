package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/distributed-task-queue/taskqueue/api/auth"
)

// An API key is made, used and revoked. The file holds only its hash.
func ExampleKeyFile() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "taskqueue-keys-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := auth.KeyFile{Path: filepath.Join(dir, "keys.yaml")}

	text, key, err := auth.NewKey("jane", auth.Operator, time.Now(), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := file.Add(ctx, key); err != nil {
		log.Fatal(err)
	}
	keys, err := auth.OpenKeys(file.Path)
	if err != nil {
		log.Fatal(err)
	}
	identity, err := keys.Authenticate(ctx, text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(identity.Subject, "is", identity.Role)

	_, err = keys.Authenticate(ctx, "tq_0123456789abcdef_guessed")
	var refused *auth.RefusedError
	fmt.Println("refused:", errors.As(err, &refused))
	revoked, err := file.Revoke(ctx, key.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("revoked the key of", revoked.Subject)
	// Output:
	// jane is operator
	// refused: true
	// revoked the key of jane
}
