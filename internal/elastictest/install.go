package elastictest

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

//go:embed server
var sources embed.FS

// install is a folder with what a server of jars needs to run.
type install string

// jars is the server's module path.
func (i install) jars() string { return filepath.Join(string(i), "jars") }

// classes holds the program that runs the server.
func (i install) classes() string { return filepath.Join(string(i), "classes") }

// home holds the server's own modules.
func (i install) home() string { return filepath.Join(string(i), "home") }

func (i install) module(name string) string { return filepath.Join(i.home(), "modules", name) }

// install returns the install of these sources in the user's cache, and makes it if it is not there. Several processes may call it
// at once: one makes it, the others wait.
func (t *tools) install(ctx context.Context) (install, error) {
	hash, err := hashSources()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for the Elasticsearch server: %w", err)
	}
	dir := filepath.Join(cache, "taskqueue", "elastictest")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("make the folder for the Elasticsearch server: %w", err)
	}
	done := install(filepath.Join(dir, hash))
	lock := flock.New(string(done) + ".lock")
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("lock the folder of the Elasticsearch server: %w", err)
	}
	defer lock.Unlock() //nolint:errcheck // it ends with the process at the latest
	if _, err := os.Stat(string(done)); err == nil {
		return done, nil
	}
	// Made under another name, so that an interrupted attempt is not taken for an install.
	made := install(string(done) + ".new")
	if err := os.RemoveAll(string(made)); err != nil {
		return "", err
	}
	if err := t.make(ctx, made); err != nil {
		return "", fmt.Errorf("make the Elasticsearch server: %w", err)
	}
	return done, os.Rename(string(made), string(done))
}

func (t *tools) make(ctx context.Context, i install) error {
	const netty, root = "transport-netty4", "rest-root"
	for _, dir := range []string{
		i.classes(), filepath.Join(i.home(), "config"), filepath.Join(i.home(), "plugins"), i.module(netty), i.module(root),
	} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
	}
	if err := os.CopyFS(string(i), sources); err != nil {
		return err
	}
	source := func(name string) string { return filepath.Join(string(i), "server", name) }
	err := run(ctx, t.mvn, "-q", "-B", "-Dstyle.color=never", "-f", source("pom.xml"),
		"dependency:copy-dependencies", "-DoutputDirectory="+i.jars())
	if err != nil {
		return err
	}
	// The server loads its network module from a folder of its own.
	for _, pattern := range []string{"netty-*", "transport-netty4-*", "elasticsearch-ssl-config-*"} {
		files, err := filepath.Glob(filepath.Join(i.jars(), pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := os.Rename(file, filepath.Join(i.module(netty), filepath.Base(file))); err != nil {
				return err
			}
		}
	}
	rootClasses := filepath.Join(string(i), "root")
	for _, command := range [][]string{
		{t.javac, "--module-path", i.jars(), "--add-modules", "ALL-MODULE-PATH", "-d", i.classes(), source("EsServer.java")},
		{t.javac, "--module-path", i.jars(), "--add-modules", "ALL-MODULE-PATH", "-d", rootClasses, source("RootModule.java")},
		{t.jar, "--create", "--file", filepath.Join(i.module(root), "root.jar"), "-C", rootClasses, "."},
	} {
		if err := run(ctx, command[0], command[1:]...); err != nil {
			return err
		}
	}
	if err := describe(i, netty, "org.elasticsearch.transport.netty4.Netty4Plugin", "modulename=org.elasticsearch.transport.netty4"); err != nil {
		return err
	}
	return describe(i, root, "local.elasticsearch.RootModule")
}

// describe writes the file by which the server knows a module.
func describe(i install, name, class string, more ...string) error {
	version, err := Version()
	if err != nil {
		return err
	}
	lines := append([]string{
		"name=" + name, "description=" + name, "version=" + version, "elasticsearch.version=" + version, "java.version=17", "classname=" + class,
	}, more...)
	return os.WriteFile(filepath.Join(i.module(name), "plugin-descriptor.properties"), []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// Version returns the version of the servers that are started here.
func Version() (string, error) {
	pom, err := sources.ReadFile("server/pom.xml")
	if err != nil {
		return "", err
	}
	var project struct {
		Version string `xml:"properties>elasticsearch.version"`
	}
	if err := xml.Unmarshal(pom, &project); err != nil {
		return "", fmt.Errorf("read the version of Elasticsearch: %w", err)
	}
	return project.Version, nil
}

func hashSources() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := sources.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil)[:8]), err
}

func run(ctx context.Context, program string, args ...string) error {
	if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, out)
	}
	return nil
}
