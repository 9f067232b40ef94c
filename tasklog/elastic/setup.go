package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	enumspb "go.temporal.io/api/enums/v1"
)

// SetUp makes what Temporal needs to keep its visibility in Elasticsearch, and what the task log needs to search it: an index template
// from Temporal's own, so that an index that is made anew has the right fields, the index itself if it is missing, and the fields that an
// existing index lacks. It may be repeated, and it changes no field. The attributes are beside those of tasks; they may be nil.
// What has been done is told to progress, a sentence at a time.
func SetUp(ctx context.Context, c Connection, attributes map[string]enumspb.IndexedValueType, progress func(string)) error {
	t, err := newTransport(c)
	if err != nil {
		return fmt.Errorf("set up Elasticsearch: %w", err)
	}
	if err := t.setUp(ctx, attributes, progress); err != nil {
		return fmt.Errorf("set up Elasticsearch: %w", err)
	}
	return nil
}

func (t *transport) setUp(ctx context.Context, attributes map[string]enumspb.IndexedValueType, progress func(string)) error {
	content, err := readTemplate()
	if err != nil {
		return err
	}
	for name, kind := range attributes {
		fieldType, ok := fieldTypes[kind]
		if !ok {
			return fmt.Errorf("search attribute %s has the type %s, which no field can have", name, kind)
		}
		content.Mappings.add(name, fieldType)
	}
	for name, f := range taskFields() {
		content.Mappings.add(name, f.Type)
	}
	err = t.write(ctx, content, progress)
	if lacksScaledFloat(err) {
		content.Mappings.replaceScaledFloat()
		err = t.write(ctx, content, progress)
	}
	if err != nil {
		return err
	}
	return t.checkMapping(ctx)
}

// write makes the index after the template, or adds its fields to an index that exists.
func (t *transport) write(ctx context.Context, content template, progress func(string)) error {
	path := "/" + url.PathEscape(t.connection.Index)
	err := t.checkMapping(ctx)
	if _, missing := errors.AsType[*MissingIndexError](err); missing {
		if err := t.putTemplate(ctx, content, progress); err != nil {
			return err
		}
		err := t.send(ctx, http.MethodPut, path, nil, nil)
		if answer, ok := errors.AsType[*AnswerError](err); ok && answer.Type == "resource_already_exists_exception" {
			err = nil // another program was faster
		}
		if err != nil {
			return err
		}
		progress(fmt.Sprintf("The index %s is made.", t.connection.name()))
		return nil
	}
	if wrong, ok := errors.AsType[*MappingError](err); err != nil && (!ok || len(wrong.Wrong) > 0) {
		return err
	}
	if err := t.send(ctx, http.MethodPut, path+"/_mapping", content.Mappings, nil); err != nil {
		return err
	}
	progress(fmt.Sprintf("The index %s exists and has all fields.", t.connection.name()))
	return t.putTemplate(ctx, content, progress)
}

// TemplateName is the name of the index template that SetUp makes, which is for this index alone.
func (c Connection) TemplateName() string { return "taskqueue-" + c.Index }

func (t *transport) putTemplate(ctx context.Context, content template, progress func(string)) error {
	// Above the priority of patterns that a cluster may have for many indices.
	const priority = 500
	err := t.send(ctx, http.MethodPut, "/_index_template/"+url.PathEscape(t.connection.TemplateName()), object{
		"index_patterns": []string{t.connection.Index},
		"priority":       priority,
		"template":       content,
		"_meta":          object{"description": "Temporal's visibility, and the tasks of the task queue"},
	}, nil)
	if err == nil {
		progress(fmt.Sprintf("The index template %q is up to date.", t.connection.TemplateName()))
	}
	return err
}
