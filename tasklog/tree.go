package tasklog

import (
	"context"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
)

// MaxTree is how many tasks one Tree can have.
const MaxTree = 10_000

// Tree is a task with its children, and theirs.
type Tree struct {
	Entity   Entity
	Children []*Tree // oldest first
}

// TreeLimitError says that a task has more descendants than a Tree can have.
type TreeLimitError struct {
	ID    task.ID
	Limit int
}

func (e *TreeLimitError) Error() string {
	return fmt.Sprintf("task %q has more than %d descendants; list its children with a filter on parent_id", e.ID, e.Limit)
}

// Tree returns the task with all of its descendants. The task itself is current, its descendants are as the index has
// them. The error is a *NotFoundError if there is no such task.
func (l *TaskLog) Tree(ctx context.Context, id task.ID) (*Tree, error) {
	root, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	tree := &Tree{Entity: root}
	// Generation by generation, so that a search finds the children of many.
	seen := map[task.ID]*Tree{id: tree}
	for parents := []task.ID{id}; len(parents) > 0; {
		var children []task.ID
		for _, some := range chunks(parents) {
			found, err := l.Search(ctx, NewFilter().In(ParentID, some).SortBy(CreatedAt).SortOrder(Ascending).Limit(MaxTree+1))
			if err != nil {
				return nil, err
			}
			for _, e := range found {
				if seen[e.ID] != nil { // a cycle, which only a program that chooses its ids can make
					continue
				}
				child := &Tree{Entity: e}
				seen[e.ID] = child
				parent := seen[e.ParentID]
				parent.Children = append(parent.Children, child)
				children = append(children, e.ID)
			}
			if len(seen) > MaxTree {
				return nil, &TreeLimitError{ID: id, Limit: MaxTree}
			}
		}
		parents = children
	}
	return tree, nil
}

// chunks cuts the ids into lists that one condition takes.
func chunks(ids []task.ID) (some [][]string) {
	const most = 100
	for len(ids) > 0 {
		n := min(most, len(ids))
		list := make([]string, n)
		for i, id := range ids[:n] {
			list[i] = string(id)
		}
		some, ids = append(some, list), ids[n:]
	}
	return some
}
