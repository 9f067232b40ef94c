package config

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// key is one key that the file and the environment can set.
type key struct {
	path     string // as in the file, with dots between the levels: worker.shutdownTimeout
	variable string
	field    []int // for reflect.Value.FieldByIndex on a Config
}

// variablePrefix starts the name of every environment variable of the configuration.
const variablePrefix = "TASKQUEUE_"

// keys is the table of all keys. It follows from the fields of Config.
var keys = keysOf(reflect.TypeFor[Config](), "", nil)

func keysOf(t reflect.Type, parent string, index []int) []key {
	var found []key
	for _, field := range reflect.VisibleFields(t) {
		if field.Tag.Get("yaml") == "-" { // not for configuration
			continue
		}
		path := parent + field.Tag.Get("yaml")
		at := append(slices.Clone(index), field.Index...)
		if field.Type.Kind() == reflect.Struct {
			found = append(found, keysOf(field.Type, path+".", at)...)
			continue
		}
		found = append(found, key{path: path, variable: variableOf(path), field: at})
	}
	return found
}

// variableOf turns worker.shutdownTimeout into TASKQUEUE_WORKER_SHUTDOWN_TIMEOUT.
func variableOf(path string) string {
	var b strings.Builder
	b.WriteString(variablePrefix)
	for _, r := range path {
		switch {
		case r == '.':
			b.WriteByte('_')
		case unicode.IsUpper(r):
			b.WriteByte('_')
			b.WriteRune(r)
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// paths returns every name that can stand in the file, those of sections and of the elements of lists and maps included.
func paths() []string {
	var all []string
	for _, k := range keys {
		if section, _, nested := strings.Cut(k.path, "."); nested && !slices.Contains(all, section) {
			all = append(all, section)
		}
		all = append(all, k.path)
		t := reflect.TypeFor[Config]().FieldByIndex(k.field).Type
		if k := t.Kind(); k != reflect.Slice && k != reflect.Map || t.Elem().Kind() != reflect.Struct {
			continue
		}
		for _, element := range keysOf(t.Elem(), k.path+"[].", nil) {
			all = append(all, element.path)
		}
	}
	return all
}

func variables() []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.variable
	}
	return all
}

// nearest returns the candidate whose name is most like the given one.
func nearest(name string, candidates []string, nameOf func(string) string) string {
	return slices.MinFunc(candidates, func(a, b string) int {
		return levenshtein.ComputeDistance(name, nameOf(a)) - levenshtein.ComputeDistance(name, nameOf(b))
	})
}

// lastName returns the last part of a path: shutdownTimeout of worker.shutdownTimeout.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
