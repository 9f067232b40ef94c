// Package sqstest starts a server that speaks as Amazon SQS does for the tests of one package: ElasticMQ, of the jars on Maven Central.
package sqstest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/freeport"
)

// ErrUnavailable says that no server can be made here.
var ErrUnavailable = errors.New("an SQS server needs Maven and Java 17 or later")

// startTimeout is how long the server may take to answer, on a slow machine.
const startTimeout = 2 * time.Minute

// running is the server that Run has started: its URL, or why there is none.
var running struct {
	url string
	err error
}

// Run calls run while the server runs, and returns its exit status. Without Maven and Java the tests that ask for the server are skipped, or
// fail if TEST_SQS is "required".
func Run(run func() int) int {
	dir, err := os.MkdirTemp("", "sqstest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sqstest:", err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	var stop func()
	running.url, stop, running.err = start(dir)
	defer stop()
	return run()
}

// Endpoint returns the URL of the server.
func Endpoint(t testing.TB) string {
	t.Helper()
	if errors.Is(running.err, ErrUnavailable) && os.Getenv("TEST_SQS") != "required" {
		t.Skip(running.err)
	}
	require.NoError(t, running.err)
	return running.url
}

// Client returns a client of a server like this one, which asks nobody for credentials.
func Client(endpoint string) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String(endpoint), Region: "elasticmq", Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})
}

func start(dir string) (url string, stop func(), err error) {
	nothing := func() {}
	java, javaErr := exec.LookPath("java")
	maven, err := exec.LookPath("mvn")
	if err := errors.Join(javaErr, err); err != nil {
		return "", nothing, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	jars, err := install(maven)
	if err != nil {
		return "", nothing, err
	}
	config := filepath.Join(dir, "elasticmq.conf")
	text, err := sources.ReadFile("server/elasticmq.conf")
	if err != nil {
		return "", nothing, err
	}
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return "", nothing, err
	}
	port, err := freeport.Find()
	if err != nil {
		return "", nothing, err
	}
	command := exec.Command(java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dport="+strconv.Itoa(port), "-Dconfig.file="+config,
		"-cp", filepath.Join(jars, "*"), "org.elasticmq.server.Main")
	output, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", nothing, err
	}
	defer output.Close() //nolint:errcheck // the process has its own descriptor
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return "", nothing, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // the log says why
	}()
	stop = func() {
		_ = command.Process.Kill() // it keeps nothing
		<-ended
	}
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := await(url, ended); err != nil {
		stop()
		text, _ := os.ReadFile(output.Name())
		return "", nothing, fmt.Errorf("%w\n%s", err, text)
	}
	return url, stop, nil
}

// await returns when the server answers.
func await(url string, ended <-chan struct{}) error {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		answer, err := http.Get(url)
		if err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ended:
			return errors.New("ElasticMQ has ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("ElasticMQ does not answer within %s", startTimeout)
}
