package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cgroup is the control group (version 2) that a container is, or the machine as a whole, which has no limits.
type cgroup struct {
	folder string
	start  time.Time
}

func newCgroup(folder string) cgroup { return cgroup{folder: folder, start: time.Now()} }

// noLimit stands in place of a number.
const noLimit = "max"

// memory returns how much of its limit the group uses, in percent; limited is false if there is none.
func (c cgroup) memory() (percent float64, limited bool, err error) {
	limit, limited, err := c.words("memory.max")
	if !limited || err != nil || limit[0] == noLimit {
		return 0, false, err
	}
	allowed, err := number("memory.max", limit[0])
	if err != nil || allowed == 0 {
		return 0, false, err
	}
	current, ok, err := c.words("memory.current")
	if err != nil || !ok {
		return 0, false, errors.Join(err, errors.New("memory.max is there without memory.current"))
	}
	used, err := number("memory.current", current[0])
	if err != nil {
		return 0, false, err
	}
	reclaimable, err := c.stat("memory.stat", "inactive_file") // files that are kept in memory as long as there is room
	if err != nil {
		return 0, false, err
	}
	return 100 * max(used-reclaimable, 0) / allowed, true, nil
}

// work returns the work of the group's share of the processors; limited is false if it may use all.
func (c cgroup) work() (w work, limited bool, err error) {
	limit, limited, err := c.words("cpu.max")
	if !limited || err != nil || limit[0] == noLimit || len(limit) < 2 {
		return work{}, false, err
	}
	quota, err := number("cpu.max", limit[0])
	if err != nil {
		return work{}, false, err
	}
	period, err := number("cpu.max", limit[1])
	if err != nil || period == 0 {
		return work{}, false, err
	}
	micros, err := c.stat("cpu.stat", "usage_usec")
	if err != nil {
		return work{}, false, err
	}
	return work{busy: micros / 1e6, possible: time.Since(c.start).Seconds() * quota / period}, true, nil
}

// words returns the words of a file; it is false if there is no such file, or nothing in it.
func (c cgroup) words(name string) ([]string, bool, error) {
	text, err := os.ReadFile(filepath.Join(c.folder, name)) //nolint:gosec // the names are those above
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	words := strings.Fields(string(text))
	return words, len(words) > 0, err
}

// stat returns the number of a key in a file of keys and numbers.
func (c cgroup) stat(name, key string) (float64, error) {
	words, _, err := c.words(name)
	if err != nil {
		return 0, err
	}
	for i := 0; i+1 < len(words); i += 2 {
		if words[i] == key {
			return number(name, words[i+1])
		}
	}
	return 0, fmt.Errorf("%s has no %s", name, key)
}

func number(name, word string) (float64, error) {
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s has %q where a number is due", name, word)
	}
	return float64(n), nil
}
