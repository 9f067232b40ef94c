package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// DefaultFile is the file that is read, if it exists, when none is named.
const DefaultFile = "taskqueue.yaml"

// Load reads the configuration from the file, then from the environment, which is given as by os.Environ.
// The empty file name stands for DefaultFile, which need not exist; a file that is named must.
// A key or a variable that does not exist is an *UnknownKeyError.
func Load(file string, environ []string) (Config, error) {
	text, err := readFile(file)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return load(cmp.Or(file, DefaultFile), text, environ)
}

// load returns the configuration of a file with this text.
func load(name string, text []byte, environ []string) (Config, error) {
	c := Default()
	if err := decode(&c, name, text); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if err := readEnvironment(&c, environ); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if err := c.validate(); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

// UnknownKeyError says that the configuration has no such key.
type UnknownKeyError struct {
	Place   string // where it stands: "taskqueue.yaml:3:1" or "environment"
	Name    string
	Nearest string // the key that was probably meant
}

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("%s: unknown key %q; did you mean %q?", e.Place, e.Name, e.Nearest)
}

// readFile returns the text of the file; none if it is DefaultFile, is not named, and does not exist.
func readFile(name string) ([]byte, error) {
	text, err := os.ReadFile(cmp.Or(name, DefaultFile))
	if name == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

func decode(c *Config, name string, text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil // which YAML takes for null
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	err := decoder.Decode(c)
	if errors.Is(err, io.EOF) {
		return nil // nothing but comments
	}
	if err != nil {
		return decodeError(name, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: there is more than one YAML document; only one is read", name)
	}
	return nil
}

// decodeError says where the error is, without the lines around it: they may hold secrets.
func decodeError(name string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	token := at.GetToken()
	place := fmt.Sprintf("%s:%d:%d", name, token.Position.Line, token.Position.Column)
	if _, unknown := errors.AsType[*yaml.UnknownFieldError](err); unknown {
		return &UnknownKeyError{Place: place, Name: token.Value, Nearest: nearest(token.Value, paths(), lastName)}
	}
	return fmt.Errorf("%s: %s", place, at.GetMessage())
}

func readEnvironment(c *Config, environ []string) error {
	byVariable := make(map[string]key, len(keys))
	for _, k := range keys {
		byVariable[k.variable] = k
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, variablePrefix) {
			continue
		}
		k, ok := byVariable[name]
		if !ok {
			itself := func(s string) string { return s }
			return &UnknownKeyError{Place: "environment", Name: name, Nearest: nearest(name, variables(), itself)}
		}
		if err := set(c, k, value); err != nil {
			return fmt.Errorf("environment variable %s: %w", name, err)
		}
	}
	return nil
}

// set sets the key to what the text of an environment variable says.
func set(c *Config, k key, text string) error {
	field := reflect.ValueOf(c).Elem().FieldByIndex(k.field)
	if field.Kind() == reflect.String {
		field.SetString(text) // as it is: it may look like YAML
		return nil
	}
	if list, ok := reflect.TypeAssert[*[]string](field.Addr()); ok && !looksLikeYAML(text) {
		*list = splitList(text)
		return nil
	}
	// A fresh value, so that a list or map replaces the file's instead of being merged into it.
	fresh := reflect.New(field.Type())
	if err := yaml.UnmarshalWithOptions([]byte(text), fresh.Interface(), yaml.Strict()); err != nil {
		return decodeError("value", err)
	}
	field.Set(fresh.Elem())
	return nil
}

// looksLikeYAML reports whether the text for a list is a YAML list, or null, and not just words between commas.
func looksLikeYAML(list string) bool {
	list = strings.TrimSpace(list)
	return list == "null" || strings.HasPrefix(list, "[")
}

// splitList does not leave the words to YAML, to which *.example.com is not one.
func splitList(text string) []string {
	words := []string{}
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}
