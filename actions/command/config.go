package command

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config lists the programs that tasks may run. Without any the action does not exist.
type Config struct {
	Programs map[string]Program `yaml:"programs"` // by the name that tasks call them
}

// Program says how a program is run.
type Program struct {
	Path string   `yaml:"path"` // absolute; required
	Args []string `yaml:"args"` // come before the arguments of the task
	// AllowArgs lets tasks give any arguments. Options can make many programs do anything, so
	// ArgPatterns is the better choice where the form of the arguments is known.
	AllowArgs bool `yaml:"allowArgs"`
	// ArgPatterns are regular expressions. A task may give arguments of which each
	// matches one of them as a whole. Excludes AllowArgs; without both no arguments may be given.
	ArgPatterns []string `yaml:"argPatterns"`
	// Env is the program's environment. Only PATH is added, the worker's, unless it is set here.
	Env map[string]string `yaml:"env"`
	Dir string            `yaml:"dir"` // where the program runs; absolute. Default "/".
	// Timeout is how long the program may run. Default 10 minutes.
	Timeout time.Duration `yaml:"timeout"`
	// MaxOutputBytes is how much of each of stdout and stderr is kept in the report: the
	// end. Default 16 KiB, at most 64 KiB.
	MaxOutputBytes int `yaml:"maxOutputBytes"`
}

const (
	defaultTimeout        = 10 * time.Minute
	defaultMaxOutputBytes = 16 << 10
	// maxMaxOutputBytes keeps a report with both outputs below activities.MaxReportSize, although JSON
	// can make them six times as long.
	maxMaxOutputBytes = 64 << 10
)

// WithDefaults returns a copy in which every field left out has its default.
func (p Program) WithDefaults() Program {
	if p.Dir == "" {
		p.Dir = "/"
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	if p.MaxOutputBytes == 0 {
		p.MaxOutputBytes = defaultMaxOutputBytes
	}
	return p
}

// program is a Program that was checked.
type program struct {
	Program
	patterns []*regexp.Regexp
	environ  []string
}

// newProgram checks a program; the errors continue the name of a key: "path is …".
func newProgram(cfg Program) (*program, error) {
	cfg = cfg.WithDefaults()
	if err := checkExecutable(cfg.Path); err != nil {
		return nil, err
	}
	if err := checkDir(cfg.Dir); err != nil {
		return nil, err
	}
	if cfg.Timeout < 0 {
		return nil, fmt.Errorf("timeout is %s; it must be more than 0", cfg.Timeout)
	}
	if cfg.MaxOutputBytes < 0 || cfg.MaxOutputBytes > maxMaxOutputBytes {
		return nil, fmt.Errorf("maxOutputBytes is %d; valid is 1 to %d", cfg.MaxOutputBytes, maxMaxOutputBytes)
	}
	if cfg.AllowArgs && len(cfg.ArgPatterns) > 0 {
		return nil, errors.New("allowArgs and argPatterns exclude each other")
	}
	p := &program{Program: cfg}
	for _, pattern := range cfg.ArgPatterns {
		// The pattern is compiled by itself first: one like "a)|(b" must not become valid by the anchors.
		if _, err := regexp.Compile(pattern); err != nil {
			return nil, fmt.Errorf("argPatterns: %w", err)
		}
		p.patterns = append(p.patterns, regexp.MustCompile(`\A(?:`+pattern+`)\z`))
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return nil, fmt.Errorf("env has the name %q, which is not valid", name)
		}
		p.environ = append(p.environ, name+"="+cfg.Env[name])
	}
	if _, set := cfg.Env["PATH"]; !set {
		p.environ = append(p.environ, "PATH="+os.Getenv("PATH"))
	}
	return p, nil
}

func checkExecutable(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("path is %q; it must be an absolute path", path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("path: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("path is %q, which is no executable file", path)
	}
	return nil
}

// checkDir is made here, as a start in a missing directory fails with words that blame the program.
func checkDir(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("dir is %q; it must be an absolute path", dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("dir: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("dir is %q, which is no directory", dir)
	}
	return nil
}
