package tasklog

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Decorator adds one key to the JSON of entities. When ok is false it adds none to this one. It is safe for concurrent use.
type Decorator func(ctx context.Context, e Entity) (key string, value any, ok bool, err error)

// WithCategory adds "category".
func WithCategory() Decorator {
	return func(_ context.Context, e Entity) (string, any, bool, error) {
		return "category", e.Category, true, nil
	}
}

// FileChecker knows which files there are in the storage that actions leave their files in. What keeps it from knowing is its own to log.
type FileChecker interface {
	Exists(ctx context.Context, name string) (bool, error)
}

// WithHasFile adds "hasFile": whether the task left a file, and it is still there. When files returns an error nobody can tell, and the key
// is left out: a list is worth more than what it says of files.
func WithHasFile(files FileChecker) Decorator {
	return func(ctx context.Context, e Entity) (string, any, bool, error) {
		name := e.FileName()
		if name == "" {
			return "hasFile", false, true, nil
		}
		exists, err := files.Exists(ctx, name)
		return "hasFile", exists, err == nil, nil
	}
}

// Redirector returns where a user may go to see what the task made, "" if the user has no access to it.
type Redirector func(ctx context.Context, e Entity) (url string, err error)

// notRedirected are the categories of tasks that make nothing to go to.
var notRedirected = []task.Category{
	task.CategoryDelete, task.CategoryExport, task.CategoryUnknown, task.CategoryUnrelatedResource,
}

// WithRedirectURL adds "redirectUrl" to completed and archived tasks, unless their category is one that
// leaves nothing to go to or there is no access.
func WithRedirectURL(redirect Redirector) Decorator {
	return func(ctx context.Context, e Entity) (string, any, bool, error) {
		if e.Status != task.Completed && e.Status != task.Archived || slices.Contains(notRedirected, e.Category) {
			return "", nil, false, nil
		}
		url, err := redirect(ctx, e)
		if err != nil {
			return "", nil, false, fmt.Errorf("redirect to task %q: %w", e.ID, err)
		}
		return "redirectUrl", url, url != "", nil
	}
}

// Presenter says what entities look like to a kind of reader.
type Presenter struct {
	Decorators    []Decorator // applied in this order
	WithoutReport bool        // leave the report out, after the decorators have seen it
}

// With returns a presenter that applies these decorators after its own.
func (p Presenter) With(decorators ...Decorator) Presenter {
	p.Decorators = slices.Concat(p.Decorators, decorators)
	return p
}

// SimpleManagement presents tasks to those who manage them: with category, hasFile and redirectUrl, then
// what extra adds, and with the report only if reportIncluded.
func SimpleManagement(files FileChecker, redirect Redirector, reportIncluded bool, extra ...Decorator) Presenter {
	return Presenter{
		Decorators:    append([]Decorator{WithCategory(), WithHasFile(files), WithRedirectURL(redirect)}, extra...),
		WithoutReport: !reportIncluded,
	}
}

// View is an entity as a Presenter presents it; it is there to be written as JSON.
type View struct {
	Entity Entity
	added  object
}

// MarshalJSON writes the entity's own keys, then those of the decorators.
func (v View) MarshalJSON() ([]byte, error) { return json.Marshal(v.object()) }

func (v View) object() object { return append(v.Entity.object(), v.added...) }

// Revision stands for what the view shows. Another revision shows something else, apart from the elapsed times, which are always
// other ones.
func (v View) Revision() (string, error) {
	lasting := slices.DeleteFunc(v.object(), func(m member) bool { return m.key == "createdAtElapsed" || m.key == "updatedAtElapsed" })
	encoded, err := json.Marshal(lasting)
	if err != nil {
		return "", fmt.Errorf("make the revision of task %q: %w", v.Entity.ID, err)
	}
	sum := sha256.Sum256(encoded)
	return base64.RawURLEncoding.EncodeToString(sum[:16]), nil
}

// Entity presents one entity.
func (p Presenter) Entity(ctx context.Context, e Entity) (View, error) {
	view := View{Entity: e}
	for _, decorate := range p.Decorators {
		key, value, ok, err := decorate(ctx, e)
		if err != nil {
			return View{}, err
		}
		if ok {
			view.added = append(view.added, member{key, value})
		}
	}
	if p.WithoutReport {
		view.Entity.Report = nil
	}
	return view, nil
}

// presentedAtOnce is how many entities of a list are presented at a time: for each, a decorator may ask a storage that is far away.
const presentedAtOnce = 16

// Collection presents a list, some of it at a time; its JSON is an array, [] when it is empty.
func (p Presenter) Collection(ctx context.Context, c Collection) ([]View, error) {
	views := make([]View, len(c))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(presentedAtOnce)
	for i, e := range c {
		group.Go(func() (err error) {
			views[i], err = p.Entity(ctx, e)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return views, nil
}

// TreeView is a Tree as a Presenter presents it.
type TreeView struct {
	Task     View       `json:"task"`
	Children []TreeView `json:"children"`
}

// Tree presents a tree.
func (p Presenter) Tree(ctx context.Context, t *Tree) (TreeView, error) {
	views, err := p.Collection(ctx, t.appendTo(nil))
	if err != nil {
		return TreeView{}, err
	}
	view, _ := t.view(views)
	return view, nil
}

// appendTo appends the task and its descendants, each before its children.
func (t *Tree) appendTo(all Collection) Collection {
	all = append(all, t.Entity)
	for _, child := range t.Children {
		all = child.appendTo(all)
	}
	return all
}

// view returns the tree of the views that the entities have, which come in the same order, and the views that are left.
func (t *Tree) view(views []View) (TreeView, []View) {
	tree, rest := TreeView{Task: views[0], Children: []TreeView{}}, views[1:]
	for _, child := range t.Children {
		var childView TreeView
		childView, rest = child.view(rest)
		tree.Children = append(tree.Children, childView)
	}
	return tree, rest
}
