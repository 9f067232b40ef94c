package sqstest

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

//go:embed server
var sources embed.FS

// install returns the folder of the server's jars in the user's cache, and fills it if it is not there. Several processes may call it at
// once: one does it, the others wait.
func install(maven string) (string, error) {
	pom, err := sources.ReadFile("server/pom.xml")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for the SQS server: %w", err)
	}
	hash := sha256.Sum256(pom)
	jars := filepath.Join(cache, "taskqueue", "sqstest", hex.EncodeToString(hash[:8]))
	if err := os.MkdirAll(filepath.Dir(jars), 0o750); err != nil {
		return "", err
	}
	lock := flock.New(jars + ".lock")
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("lock the folder of the SQS server: %w", err)
	}
	defer lock.Unlock() //nolint:errcheck // it ends with the process at the latest
	if _, err := os.Stat(jars); err == nil {
		return jars, nil
	}
	// Filled under another name, so that an interrupted attempt is not taken for a whole one.
	part := jars + ".new"
	if err := os.RemoveAll(part); err != nil {
		return "", err
	}
	if err := os.MkdirAll(part, 0o750); err != nil {
		return "", err
	}
	file := filepath.Join(part, "pom.xml")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return "", err
	}
	command := exec.Command(maven, "-q", "-B", "-Dstyle.color=never", "-f", file, "dependency:copy-dependencies", "-DoutputDirectory="+part)
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("get the jars of the SQS server: %w\n%s", err, out)
	}
	return jars, os.Rename(part, jars)
}
