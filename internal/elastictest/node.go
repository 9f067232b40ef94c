package elastictest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// node is a server of jars, in a process of its own.
type node struct {
	install install
	tools   *tools
	dir     string
	port    int
	url     string

	process *process
}

func (n *node) start(ctx context.Context) error {
	temporary := filepath.Join(n.dir, "tmp")
	if err := os.MkdirAll(temporary, 0o750); err != nil {
		return fmt.Errorf("start Elasticsearch: %w", err)
	}
	command := exec.Command(n.tools.java,
		"-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
		"-XX:TieredStopAtLevel=1", // a server of tests starts more than it computes
		"-Djava.io.tmpdir="+temporary, "-Djna.tmpdir="+temporary,
		"-Djava.awt.headless=true", "-Dfile.encoding=UTF-8", "-Des.distribution.type=tar",
		"-Dlog4j2.level=info", "-Dlog4j2.disable.jmx=true", "-Dlog4j.shutdownHookEnabled=false",
		"-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true",
		"--module-path", n.install.jars(), "--add-modules", "ALL-MODULE-PATH", "-cp", n.install.classes(),
		"EsServer", n.install.home(), filepath.Join(n.dir, "data"), strconv.Itoa(n.port))
	process, err := startProcess(command, filepath.Join(n.dir, "elasticsearch.log"), false)
	if err != nil {
		return fmt.Errorf("start Elasticsearch: %w", err)
	}
	n.process = process
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-process.ended:
			cancel(errors.New("the process ended"))
		case <-ctx.Done():
		}
	}()
	if err := awaitHealth(ctx, n.url); err != nil {
		return errors.Join(fmt.Errorf("Elasticsearch does not answer: %w", err), process.stop()) //nolint:staticcheck // a name
	}
	return nil
}

func (n *node) stop() error {
	if err := n.process.stop(); err != nil {
		return fmt.Errorf("stop Elasticsearch: %w", err)
	}
	return nil
}

func (n *node) kill() error {
	if err := n.process.command.Process.Kill(); err != nil {
		return fmt.Errorf("kill Elasticsearch: %w", err)
	}
	<-n.process.ended
	return n.process.input.Close()
}

func (*node) close() error { return nil }
