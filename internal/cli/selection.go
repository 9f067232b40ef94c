package cli

import (
	"github.com/spf13/pflag"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// conditions are what the flags say about single columns.
type conditions struct {
	columns map[tasklog.Column]*[]string // a task has one of the values
	filters []string                     // 'column op value'
	texts   []string                     // of which a task has all words
}

// selection is what the flags of log list ask for.
type selection struct {
	conditions

	user   string
	limit  int
	offset int
	cursor string
	sort   string
	order  string
}

func (s *conditions) bind(flags *pflag.FlagSet) {
	s.columns = make(map[tasklog.Column]*[]string)
	for _, f := range []struct {
		name   string
		column tasklog.Column
		usage  string
	}{
		{"status", tasklog.Status, "only tasks with this status; created and in_progress stand for the statuses of their group"},
		{"owner", tasklog.Owner, "only tasks of this owner"},
		{"action", tasklog.TaskName, "only tasks of this action"},
		{"queue", tasklog.Queue, "only tasks of this queue"},
		{"category", tasklog.Category, "only tasks of this category"},
		{"label", tasklog.Label, "only tasks with this label"},
		{"parent", tasklog.ParentID, "only children of this task"},
	} {
		s.columns[f.column] = flags.StringArray(f.name, nil, f.usage+"; may be repeated")
	}
	flags.StringArrayVar(&s.texts, "text", nil, "only tasks that have all of these words in their label, report or parameters; "+
		"import* stands for all words that begin so; may be repeated")
	flags.StringArrayVar(&s.filters, "filter", nil, "only tasks for which 'column op value' holds; may be repeated, all must hold. "+
		"Operators: = != < <= > >= like, notLike, in, notIn; in takes values with commas between them, or a JSON array")
}

// given reports whether any condition is given.
func (s *conditions) given() bool {
	for _, values := range s.columns {
		if len(*values) > 0 {
			return true
		}
	}
	return len(s.filters) > 0 || len(s.texts) > 0
}

// add adds the conditions to a filter.
func (s *conditions) add(f *tasklog.Filter) error {
	for column, values := range s.columns {
		if len(*values) == 0 {
			continue
		}
		wanted := *values
		if column == tasklog.Status {
			wanted = task.ExpandStatuses(wanted)
		}
		if err := f.Add(column, tasklog.In, wanted); err != nil {
			return err
		}
	}
	for _, text := range s.texts {
		f.Text(text)
	}
	for _, text := range s.filters {
		if err := f.AddExpression(text); err != nil {
			return usagef("--filter '%s': %v", text, err)
		}
	}
	return f.Err()
}

func (s *selection) bind(flags *pflag.FlagSet) {
	s.conditions.bind(flags)
	flags.StringVar(&s.user, "user", "", "only what this user is shown: own tasks that are not archived, cancelled or ignored")
	flags.IntVar(&s.limit, "limit", tasklog.DefaultLimit, "how many tasks to list at most")
	flags.IntVar(&s.offset, "offset", 0, "how many tasks to leave out first")
	flags.StringVar(&s.cursor, "cursor", "", "begin behind the page that has printed this cursor, with the same sort; not together with --offset")
	flags.StringVar(&s.sort, "sort", "", "column to sort by (default: the newest tasks first)")
	flags.StringVar(&s.order, "order", "", "asc or desc; needs --sort (default asc)")
}

// filter returns the filter of the task log that the flags describe.
func (s *selection) filter(log *tasklog.TaskLog) (*tasklog.Filter, error) {
	f := tasklog.NewFilter()
	if s.user != "" {
		f = log.Available(s.user, false, false)
	}
	if err := s.add(f); err != nil {
		return nil, err
	}
	if s.limit < 0 || s.offset < 0 {
		return nil, usagef("--limit and --offset cannot be negative")
	}
	f.Limit(s.limit).Offset(s.offset)
	if s.order != "" && s.sort == "" {
		return nil, usagef("--order needs --sort")
	}
	if s.sort != "" {
		f.SortBy(tasklog.Column(s.sort))
	}
	if s.order != "" {
		f.SortOrder(tasklog.Order(s.order))
	}
	if s.cursor != "" {
		f.After(s.cursor)
	}
	return f, f.Err()
}
