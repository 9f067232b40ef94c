package app

import (
	"context"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// bucketFiles deletes the files of archived tasks from the bucket.
type bucketFiles struct{ bucket *blob.Bucket }

// Delete deletes a file; one that does not exist is no error.
func (f bucketFiles) Delete(ctx context.Context, name string) error {
	if err := f.bucket.Delete(ctx, name); gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	return nil
}
