package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Editor changes a configuration file and keeps its comments.
type Editor struct {
	name    string
	mode    fs.FileMode
	text    []byte
	environ []string
}

// Edit opens the file, whose empty name stands for DefaultFile. It need not exist. The environment is that of Load: a key that is set
// there cannot be changed in the file.
func Edit(file string, environ []string) (*Editor, error) {
	e := &Editor{name: cmp.Or(file, DefaultFile), mode: 0o600, environ: environ}
	info, err := os.Stat(e.name)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	e.mode = info.Mode().Perm()
	if e.text, err = os.ReadFile(e.name); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return e, nil
}

// SetQueue changes the queue of this name, or adds it. Keys that the fields leave out stay as they are.
func (e *Editor) SetQueue(name string, fields yaml.MapSlice) error {
	var present struct {
		Queues []struct {
			Name string `yaml:"name"`
		} `yaml:"queues"`
	}
	if err := yaml.Unmarshal(e.text, &present); err != nil {
		return decodeError(e.name, err)
	}
	for i, q := range present.Queues {
		if q.Name == name {
			return e.merge("queues", fmt.Sprintf("$.queues[%d]", i), fields)
		}
	}
	added := []yaml.MapSlice{append(yaml.MapSlice{{Key: "name", Value: name}}, fields...)}
	if len(present.Queues) > 0 {
		return e.merge("queues", "$.queues", added)
	}
	for _, q := range Default().Queues { // which a list of the file's own replaces
		if q.Name != name {
			added = slices.Insert(added, 0, yaml.MapSlice{{Key: "name", Value: q.Name}})
		}
	}
	return e.merge("queues", "$", yaml.MapSlice{{Key: "queues", Value: added}})
}

// SetAssociation makes a queue that of the action's tasks.
func (e *Editor) SetAssociation(action, queue string) error {
	one := yaml.MapSlice{{Key: action, Value: queue}}
	if e.has("$.associations") {
		return e.merge("associations", "$.associations", one)
	}
	return e.merge("associations", "$", yaml.MapSlice{{Key: "associations", Value: one}})
}

// RemoveAssociation removes that of the action. It reports whether there was one.
func (e *Editor) RemoveAssociation(action string) (bool, error) {
	found := false
	err := e.edit("associations", func(file *ast.File) error {
		node, err := at(file, "$.associations")
		if err != nil {
			return nil //nolint:nilerr // there are none
		}
		associations, ok := node.(*ast.MappingNode)
		if !ok {
			return nil
		}
		before := len(associations.Values)
		associations.Values = slices.DeleteFunc(associations.Values, hasKey(action))
		found = len(associations.Values) < before
		if len(associations.Values) == 0 {
			associations.SetIsFlowStyle(true) // {}
		}
		return nil
	})
	return found, err
}

// SetStrategy sets worker.strategy.
func (e *Editor) SetStrategy(name string) error {
	one := yaml.MapSlice{{Key: "strategy", Value: name}}
	if e.has("$.worker") {
		return e.merge("worker.strategy", "$.worker", one)
	}
	return e.merge("worker.strategy", "$", yaml.MapSlice{{Key: "worker", Value: one}})
}

// Config returns the configuration as it would be loaded after Save.
func (e *Editor) Config() (Config, error) { return load(e.name, e.text, e.environ) }

// Save writes the file, unless it would not be a valid configuration.
func (e *Editor) Save() (err error) {
	if _, err := e.Config(); err != nil {
		return err
	}
	// A file of its own that is renamed is never seen half written.
	file, err := os.CreateTemp(filepath.Dir(e.name), ".taskqueue-*.yaml")
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	_, err = file.Write(e.text)
	err = errors.Join(err, file.Chmod(e.mode), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), e.name)
	}
	if err != nil {
		return fmt.Errorf("configuration: write %s: %w", e.name, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

func (e *Editor) has(path string) bool {
	file, err := parser.ParseBytes(e.text, parser.ParseComments)
	if err != nil {
		return false
	}
	node, err := at(file, path)
	return err == nil && node.Type() == ast.MappingType
}

// merge adds the value to what the path has: entries to a map, elements to a list.
func (e *Editor) merge(key, path string, value any) error {
	encoded, err := yaml.MarshalWithOptions(value, yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	added, err := parser.ParseBytes(encoded, 0)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return e.edit(key, func(file *ast.File) error {
		if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.CommentType {
			e.text = append(bytes.TrimRight(e.text, "\n"), '\n')
			e.text = append(e.text, encoded...) // there are but comments
			return errReplaced
		}
		node, err := at(file, path)
		if err != nil {
			return err
		}
		body := added.Docs[0].Body
		if flow, ok := node.(interface{ SetIsFlowStyle(bool) }); ok && isFlow(node) {
			setFlow(body)
			flow.SetIsFlowStyle(true)
		}
		if present, ok := node.(*ast.MappingNode); ok {
			if entries, ok := body.(*ast.MappingNode); ok && replace(present, entries) {
				return nil
			}
		}
		return ast.Merge(node, body)
	})
}

// replace changes the entries that are present, which Merge would not find if their keys are quoted, and leaves in added those that are
// not. It reports whether none is left.
func replace(present, added *ast.MappingNode) bool {
	added.Values = slices.DeleteFunc(added.Values, func(a *ast.MappingValueNode) bool {
		i := slices.IndexFunc(present.Values, hasKey(a.Key.GetToken().Value))
		if i >= 0 {
			present.Values[i].Value = a.Value
		}
		return i >= 0
	})
	return len(added.Values) == 0
}

// hasKey reports whether an entry's key, without its quotes, is this one.
func hasKey(key string) func(*ast.MappingValueNode) bool {
	return func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == key }
}

// errReplaced says that the text was changed by itself.
var errReplaced = errors.New("the text was changed")

func (e *Editor) edit(key string, change func(*ast.File) error) error {
	variable := variableOf(key)
	for _, entry := range e.environ {
		if strings.HasPrefix(entry, variable+"=") {
			return fmt.Errorf("configuration: the environment variable %s wins over the file %s; change it there", variable, e.name)
		}
	}
	file, err := parser.ParseBytes(e.text, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("configuration: %w", decodeError(e.name, err))
	}
	err = change(file)
	if errors.Is(err, errReplaced) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("configuration: %s: change %s: %w", e.name, key, err)
	}
	e.text = append(bytes.TrimRight([]byte(file.String()), "\n"), '\n')
	return nil
}

func at(file *ast.File, path string) (ast.Node, error) {
	p, err := yaml.PathString(path)
	if err != nil {
		return nil, err
	}
	return p.FilterFile(file)
}

func isFlow(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.IsFlowStyle
	case *ast.SequenceNode:
		return n.IsFlowStyle
	}
	return false
}

func setFlow(node ast.Node) {
	if n, ok := node.(interface{ SetIsFlowStyle(bool) }); ok {
		n.SetIsFlowStyle(true)
	}
}
