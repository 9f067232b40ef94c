package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"

	_ "github.com/distributed-task-queue/taskqueue/internal/app"
)

// The programs have the drivers that the documentation of files.url names.
func TestFilesMayBeInAFolderOrInS3(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"file", "s3"} {
		require.True(t, blob.DefaultURLMux().ValidBucketScheme(scheme), scheme)
	}
}
