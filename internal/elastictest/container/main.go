// Command container runs an Elasticsearch server in a container until its standard input ends. It is a module of its own, so that
// nothing else depends on the library for containers.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/elasticsearch"
)

const (
	image       = "docker.elastic.co/elasticsearch/elasticsearch"
	stopTimeout = 30 * time.Second
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: container VERSION PORT")
		os.Exit(2)
	}
	if err := serve(context.Background(), image+":"+os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "container:", err)
		os.Exit(1)
	}
}

// serve does what the lines of the standard input say, start, stop or kill, and answers each with a line. The port on the host stays
// the same, and so do the data, since a container that is stopped keeps its files.
func serve(ctx context.Context, image, port string) (err error) {
	var server *elasticsearch.ElasticsearchContainer
	defer func() {
		if server != nil {
			err = errors.Join(err, server.Terminate(ctx))
		}
	}()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch command := lines.Text(); {
		case command == "start" && server == nil:
			server, err = elasticsearch.Run(ctx, image,
				testcontainers.WithEnv(map[string]string{"xpack.security.enabled": "false"}),
				testcontainers.WithHostConfigModifier(publish(port)))
		case command == "start":
			err = server.Start(ctx)
		case command == "stop" && server != nil:
			timeout := stopTimeout
			err = server.Stop(ctx, &timeout)
		case command == "kill" && server != nil:
			timeout := time.Duration(0) // then the engine kills it
			err = server.Stop(ctx, &timeout)
		default:
			err = fmt.Errorf("unknown command %q: want start, or stop or kill after it", command)
		}
		if err != nil {
			return err
		}
		fmt.Println("ready http://127.0.0.1:" + port)
	}
	return lines.Err()
}

// publish makes the server reachable on the port of the loopback address.
func publish(port string) func(*container.HostConfig) {
	return func(c *container.HostConfig) {
		c.PortBindings = network.PortMap{
			network.MustParsePort("9200/tcp"): {{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: port}},
		}
	}
}
