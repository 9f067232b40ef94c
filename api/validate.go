package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// english words the validator's messages.
var english = message.NewPrinter(language.English)

// checkQuery checks the parameters of the query. One that the operation does not have is refused: a
// filter with a typing error would otherwise return everything.
func (c *contract) checkQuery(o *operation, query url.Values) error {
	for name, values := range query {
		if base, _, ok := strings.Cut(name, "["); ok && deepName.MatchString(name) && o.parameters[base] != nil && o.parameters[base].deep {
			if err := checkText(name, values); err != nil {
				return err
			}
			continue
		}
		p, known := o.parameters[name]
		if !known || p.in != openapi3.ParameterInQuery {
			return kindUnknownField.problem(name, fmt.Sprintf("the query parameter %q is not known; %s", name, knownNames(o.queryNames())))
		}
		if err := c.checkParameter(p, values); err != nil {
			return err
		}
	}
	return nil
}

// checkHeader checks the headers that the operation knows. Others are for others.
func (c *contract) checkHeader(o *operation, header http.Header) error {
	for _, p := range o.parameters {
		if p.in != openapi3.ParameterInHeader {
			continue
		}
		if values := header.Values(p.name); len(values) > 0 {
			if err := c.checkParameter(p, values); err != nil {
				return err
			}
		}
	}
	return nil
}

// deepName is the name of one value of an object in the query: filtercolumns[status], or for lists filtercolumns[status][]. Which values
// there can be is for the operation to say.
var deepName = regexp.MustCompile(`^[a-z]+\[[^\[\]]+\](\[[0-9]*\])?$`)

// checkText refuses what no text of a query can be.
func checkText(name string, values []string) error {
	for _, value := range values {
		if !utf8.ValidString(value) {
			return kindInvalid.problem(name, name+" is not valid UTF-8")
		}
		if strings.ContainsRune(value, 0) {
			return kindInvalid.problem(name, name+" has a NUL character")
		}
	}
	return nil
}

// checkParameter checks the values that were given for one parameter.
func (c *contract) checkParameter(p *parameter, values []string) error {
	if err := checkText(p.name, values); err != nil {
		return err
	}
	if p.kind != "array" && len(values) > 1 {
		return kindInvalid.problem(p.name, fmt.Sprintf("%s is given %d times; give it once", p.name, len(values)))
	}
	var value any
	switch p.kind {
	case "array":
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		value = list
	case "integer":
		n, err := strconv.Atoi(values[0])
		if err != nil {
			return kindInvalid.problem(p.name, fmt.Sprintf("%s is %q; it must be an integer", p.name, values[0]))
		}
		value = json.Number(strconv.Itoa(n))
	case "boolean":
		if values[0] != "true" && values[0] != "false" {
			return kindInvalid.problem(p.name, fmt.Sprintf("%s is %q; it must be true or false", p.name, values[0]))
		}
		value = values[0] == "true"
	default:
		value = values[0]
	}
	return c.problems([]string{p.name}, p.schema.Validate(value))
}

// checkBody checks a body that strictjson has parsed.
func (c *contract) checkBody(o *operation, body any) error {
	return c.problems(nil, o.body.Validate(body))
}

// checkEach checks a body like checkBody, but the items of its array with this name each on its own: what is wrong with one is
// returned by the item's number. The error is about the rest of the body.
func (c *contract) checkEach(o *operation, array string, body any) (map[int]error, error) {
	err := o.body.Validate(body)
	if err == nil {
		return nil, nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return nil, fmt.Errorf("validate: %w", err)
	}
	var whole []*jsonschema.ValidationError
	items := map[int][]*jsonschema.ValidationError{}
	for _, leaf := range leaves(invalid) {
		if at := leaf.InstanceLocation; len(at) >= 2 && at[0] == array {
			if i, err := strconv.Atoi(at[1]); err == nil {
				items[i] = append(items[i], leaf)
				continue
			}
		}
		whole = append(whole, leaf)
	}
	if len(whole) > 0 {
		return nil, c.problemOf(nil, whole)
	}
	refused := make(map[int]error, len(items))
	for i, wrong := range items {
		for _, leaf := range wrong {
			leaf.InstanceLocation = leaf.InstanceLocation[2:]
		}
		refused[i] = c.problemOf(nil, wrong)
	}
	return refused, nil
}

// problems makes one problem of everything that the validator found.
func (c *contract) problems(prefix []string, err error) error {
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return fmt.Errorf("validate: %w", err)
	}
	return c.problemOf(prefix, leaves(invalid))
}

// leaves returns what the validator found in particular; the rest of its tree only leads there.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// problemOf makes one problem of several mistakes, and names them all.
func (c *contract) problemOf(prefix []string, mistakes []*jsonschema.ValidationError) *problem {
	found := make([]*problem, 0, len(mistakes))
	for _, mistake := range mistakes {
		found = append(found, c.describe(prefix, mistake)...)
	}
	slices.SortStableFunc(found, func(a, b *problem) int { return strings.Compare(a.Field, b.Field) })
	found = slices.CompactFunc(found, func(a, b *problem) bool { return a.Field == b.Field && a.Detail == b.Detail })
	first := found[0]
	if len(found) > 1 {
		for _, p := range found {
			first.Errors = append(first.Errors, fieldError{Field: p.Field, Detail: p.Detail})
		}
	}
	return first
}

// describe returns a problem for each input that one mistake is about.
func (c *contract) describe(prefix []string, e *jsonschema.ValidationError) (found []*problem) {
	path := slices.Concat(prefix, e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			detail := fmt.Sprintf("the field %q is not known; %s", name, knownNames(c.propertiesOf(e.SchemaURL)))
			found = append(found, kindUnknownField.problem(fieldName(append(slices.Clone(path), name)), detail))
		}
	case *kind.Required:
		for _, name := range k.Missing {
			field := fieldName(append(slices.Clone(path), name))
			found = append(found, kindInvalid.problem(field, field+" is missing"))
		}
	case *kind.MinItems:
		field := fieldName(path)
		found = append(found, kindInvalid.problem(field, fmt.Sprintf("%s has %d items; give at least %d", field, k.Got, k.Want)))
	default:
		field := fieldName(path)
		subject := cmp.Or(field, "the body")
		reason := k.LocalizedString(english)
		if _, ok := k.(*kind.Not); ok { // which says nothing of itself
			reason = cmp.Or(c.descriptionOf(e.SchemaURL), reason)
		}
		found = append(found, kindInvalid.problem(field, subject+": "+reason))
	}
	return found
}

// fieldName spells the path of a value as one reads it: filters[0].op.
func fieldName(path []string) string {
	var b strings.Builder
	for _, step := range path {
		if _, err := strconv.Atoi(step); err == nil {
			b.WriteString("[" + step + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteString(".")
		}
		b.WriteString(step)
	}
	return b.String()
}

func knownNames(names []string) string {
	if len(names) == 0 {
		return "none is known here"
	}
	return "known are " + strings.Join(names, ", ")
}
