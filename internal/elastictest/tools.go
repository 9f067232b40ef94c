package elastictest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// leastJava is the least version of Java that the server runs on.
const leastJava = 17

// tools are the programs that make and run a server of jars.
type tools struct{ mvn, java, javac, jar string }

// findTools looks for Maven and a JDK: the one of JAVA_HOME, or the one on the path.
func findTools(ctx context.Context) (*tools, error) {
	var t tools
	for name, into := range map[string]*string{"mvn": &t.mvn, "java": &t.java, "javac": &t.javac, "jar": &t.jar} {
		file := name
		if home := os.Getenv("JAVA_HOME"); home != "" && name != "mvn" {
			file = filepath.Join(home, "bin", name)
		}
		path, err := exec.LookPath(file)
		if err != nil {
			return nil, fmt.Errorf("%w (%w)", ErrUnavailable, err)
		}
		*into = path
	}
	out, err := exec.CommandContext(ctx, t.javac, "-version").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s -version: %w\n%s", t.javac, err, out)
	}
	version := regexp.MustCompile(`^javac (\d+)`).FindSubmatch(out)
	if version == nil {
		return nil, fmt.Errorf("%s -version answers %q, without a version", t.javac, out)
	}
	if major, err := strconv.Atoi(string(version[1])); err != nil || major < leastJava {
		return nil, fmt.Errorf("%w (%s is of version %s)", ErrUnavailable, t.javac, version[1])
	}
	return &t, nil
}
