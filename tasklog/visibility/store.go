package visibility

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// foldsText reports whether the server's store takes texts for equal that differ in case, accents or width. MySQL does: Temporal's tables have
// its default collation.
func (e *Engine) foldsText(ctx context.Context) (bool, error) {
	if folds := e.folds.Load(); folds != nil {
		return *folds, nil
	}
	info, err := e.config.Client.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	_, unknown := errors.AsType[*serviceerror.Unimplemented](err)
	if err != nil && !denied && !unknown { // a server that does not tell is no MySQL that somebody has set up, but a service
		return false, fmt.Errorf("ask for the server's visibility store: %w", err)
	}
	folds := strings.Contains(info.GetVisibilityStore(), "mysql")
	e.folds.Store(&folds)
	return folds, nil
}
