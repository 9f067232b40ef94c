package filestore_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/distributed-task-queue/taskqueue/internal/filestore"
)

// impossible are names that no file in a folder with out.csv can have.
func impossible() []string {
	return []string{strings.Repeat("x", 300), "..", "../out.csv", "a/../../out.csv", ".", "out.csv/x", "out.csv.attrs", "nul\x00", "not \xff UTF-8", "folder"}
}

func TestANameThatNoFileCanHaveIsMissing(t *testing.T) {
	t.Parallel()
	bucket, err := fileblob.OpenBucket(t.TempDir(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	require.NoError(t, bucket.WriteAll(t.Context(), "out.csv", []byte("a"), nil))
	require.NoError(t, bucket.WriteAll(t.Context(), "folder/out.csv", []byte("a"), nil))
	files := filestore.New(bucket, slog.New(slog.DiscardHandler))
	for _, name := range append(impossible(), "gone.csv") {
		exists, err := files.Exists(t.Context(), name)
		require.NoError(t, err, name)
		require.False(t, exists, name)
		_, err = bucket.Attributes(t.Context(), name)
		require.True(t, filestore.Missing(name, err), name)
		require.NoError(t, files.Delete(t.Context(), name), name)
	}
	exists, err := files.Exists(t.Context(), "out.csv")
	require.NoError(t, err)
	require.True(t, exists)
	require.False(t, filestore.Missing("out.csv", nil))
	require.False(t, filestore.Missing("out.csv", errors.New("the storage is away")))
	require.NoError(t, files.Delete(t.Context(), "out.csv"))
}

// silent is a bucket that answers nobody. Only what is used of a driver is there.
type silent struct {
	driver.Bucket

	asked int
}

func (s *silent) Attributes(ctx context.Context, _ string) (*driver.Attributes, error) {
	s.asked++
	<-ctx.Done()
	return nil, ctx.Err()
}

func (*silent) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.Unknown }

func (*silent) Close() error { return nil }

func TestABucketThatDoesNotAnswerHoldsUpNobodyForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		away := &silent{}
		bucket := blob.NewBucket(away)
		defer func() { require.NoError(t, bucket.Close()) }()
		files := filestore.New(bucket, slog.New(slog.NewTextHandler(&log, nil)))
		began := time.Now()
		for range 1000 {
			_, err := files.Exists(t.Context(), "out.csv")
			require.Error(t, err)
		}
		require.Less(t, time.Since(began), 5*time.Second)
		require.Equal(t, 1, away.asked)
		time.Sleep(10 * time.Second)
		_, err := files.Exists(t.Context(), "out.csv")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2, away.asked, "it is asked again")
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "one line is enough: %s", log.String())

		gone, leave := context.WithCancel(t.Context())
		leave()
		time.Sleep(time.Minute)
		_, err = files.Exists(gone, "out.csv")
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "the bucket is not to blame")
	})
}
