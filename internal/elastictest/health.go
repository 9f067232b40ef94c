package elastictest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// startTimeout is how long a server may take until it answers: seconds, but much longer where every core is busy.
const startTimeout = 4 * time.Minute

// awaitHealth returns when the server answers and can be written to. The cause of ctx's end is part of the error.
func awaitHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := health(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}

func health(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_cluster/health?wait_for_status=yellow&timeout=1s", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1000)) // an excerpt is better than nothing
		return fmt.Errorf("its health is %s: %s", response.Status, body)
	}
	return nil
}
