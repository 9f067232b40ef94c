package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"

	"gocloud.dev/gcerrors"

	"github.com/distributed-task-queue/taskqueue/task"
)

func (s *Server) downloadTaskFile(c *call) (err error) {
	ctx := c.Request.Context()
	found, err := c.log.Get(ctx, task.ID(c.Param("id")))
	if err != nil {
		return err
	}
	if found.Status != task.Completed {
		return kindNoDownload.problem("id", fmt.Sprintf("Task %q is not downloadable.", string(found.ID)))
	}
	name := found.FileName()
	if name == "" {
		return kindNoFile.problem("", "Filename not found in report.")
	}
	if s.config.Files == nil {
		return errFileMissing()
	}
	stored, err := s.config.Files.Attributes(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return errFileMissing()
	}
	if err != nil {
		return fmt.Errorf("look for file %q of task %q: %w", name, found.ID, err)
	}
	file, err := s.config.Files.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return errFileMissing()
	}
	if err != nil {
		return fmt.Errorf("open file %q of task %q: %w", name, found.ID, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if stored.ETag != "" {
		c.Header("ETag", stored.ETag)
	}
	c.Header("Content-Type", file.ContentType())
	// The name is the task's own choice, so browsers are told to save the file and never to show it.
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(name)}))
	// It answers to ranges, to conditions and to HEAD.
	http.ServeContent(c.Writer, c.Request, "", file.ModTime(), file)
	return nil
}

func errFileMissing() error { return kindNoFile.problem("", "File not found.") }
