package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/actions/command"
	"github.com/distributed-task-queue/taskqueue/actions/httprequest"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/sqs"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog/elastic"
	"github.com/distributed-task-queue/taskqueue/tasklog/monitor"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// Config is the whole configuration.
type Config struct {
	// Queues are the queues of the application, in the order in which they are listed.
	Queues []Queue `yaml:"queues"`
	// DefaultQueue is the queue of actions that are not associated to one. Default: the first.
	DefaultQueue string `yaml:"defaultQueue"`
	// Associations maps an action to the queue of its tasks.
	Associations map[string]string `yaml:"associations"`
	// Categories maps an action to the category of its tasks.
	Categories map[string]task.Category `yaml:"categories"`
	// Owner of the tasks that are enqueued without one. Default: nobody.
	Owner string `yaml:"owner"`
	// IgnoredTasks are actions that the lists of a user's tasks leave out.
	IgnoredTasks []string `yaml:"ignoredTasks"`
	// Persistences are the databases of the broker rds, by name.
	Persistences map[string]Persistence `yaml:"persistences"`
	SQS          SQS                    `yaml:"sqs"`
	Relay        Relay                  `yaml:"relay"`
	Actions      Actions                `yaml:"actions"`
	Log          Log                    `yaml:"log"`
	Worker       Worker                 `yaml:"worker"`
	API          API                    `yaml:"api"`
	Metrics      Metrics                `yaml:"metrics"`
	Files        Files                  `yaml:"files"`
	Logging      Logging                `yaml:"logging"`
}

// Queue is one queue.
type Queue struct {
	Name string `yaml:"name"`
	// Weight is the queue's share of a worker's attention. Default: 1.
	Weight int `yaml:"weight"`
	// Reserved is how many of a worker's permits run only tasks of this queue. Default: 0.
	Reserved int `yaml:"reserved"`
	// Broker is how tasks get in. Default: BrokerTemporal.
	Broker string `yaml:"broker"`
	// Persistence is the database of the broker rds: a key of Config.Persistences.
	Persistence string `yaml:"persistence"`
	// Receive is how many messages a relay takes at a time. Default: 0, as the broker likes.
	Receive int `yaml:"receive"`
	// Order says which tasks relays hand over one after another. Default: none.
	Order broker.Order `yaml:"order"`
	// AWSProfile is the profile of AWS's configuration files that the broker sqs uses. Default: AWS's own.
	AWSProfile string `yaml:"awsProfile"`
}

// Actions says which actions there are, and what the built-in ones may do.
type Actions struct {
	// Declared names the actions that only workers elsewhere know. When it is not nil, tasks for any other unknown
	// action are refused. Default: nil, any action is taken.
	Declared []string `yaml:"declared"`
	// Policies say how actions may be run, whatever the actions themselves say; what is left out stays what they say.
	Policies map[string]task.Policy `yaml:"policies"`
	HTTP     httprequest.Config     `yaml:"http"`
	Command  command.Config         `yaml:"command"`
}

// Log says how the task log is searched.
type Log struct {
	Engine string `yaml:"engine"`
	// File is the visibility database that EngineSQLite reads.
	File string `yaml:"file"`
	// Elasticsearch is where EngineElastic finds Temporal's visibility.
	Elasticsearch elastic.Connection `yaml:"elasticsearch"`
	// MonitorInterval is how often the API's program measures the log. 0 measures nothing.
	MonitorInterval time.Duration `yaml:"monitorInterval"`
}

// The engines of the task log.
const (
	EngineVisibility = "visibility" // Temporal's own list API, which every server has
	EngineSQLite     = "sqlite"     // the database file of an embedded server on the same machine
	EngineElastic    = "elastic"    // the index in Elasticsearch that the server keeps its visibility in
)

// minMonitorInterval keeps a mistyped interval from making a workflow of every moment.
const minMonitorInterval = time.Second

// Worker says how a worker runs tasks.
type Worker struct {
	// Concurrency is how many tasks run at a time, over all queues.
	Concurrency int `yaml:"concurrency"`
	// Strategy says whose task is next when several queues have tasks.
	Strategy worker.Strategy `yaml:"strategy"`
	// Limits keep the worker from taking tasks while the machine is busy.
	Limits worker.Limits `yaml:"limits"`
	// Deployment is the version that the worker is of. Default: none.
	Deployment worker.Deployment `yaml:"deployment"`
	// ShutdownTimeout is how long running tasks may go on when the worker is stopped.
	ShutdownTimeout time.Duration `yaml:"shutdownTimeout"`
}

// Metrics says where the worker and the API serve their metrics and health.
type Metrics struct {
	Listen string `yaml:"listen"` // address:port; empty for nowhere
}

// Files says where the files that tasks leave are kept.
type Files struct {
	// URL of the bucket, as gocloud.dev/blob opens it: file:///var/lib/taskqueue/files.
	// Default: none, so tasks have no files to download.
	URL string `yaml:"url"`
}

// Logging says what the programs log of themselves.
type Logging struct {
	Level  slog.Level `yaml:"level"`
	Format string     `yaml:"format"`
}

// The formats of Logging.
const (
	FormatText = "text"
	FormatJSON = "json"
)

// Default returns the configuration of a program that is told nothing.
func Default() Config {
	return Config{
		Queues:       []Queue{{Name: taskqueue.DefaultQueue, Weight: 1, Broker: BrokerTemporal}},
		Associations: map[string]string{},
		Categories:   map[string]task.Category{},
		IgnoredTasks: []string{},
		Persistences: map[string]Persistence{},
		SQS:          SQS{Prefix: sqs.DefaultPrefix, VisibilityTimeout: sqs.DefaultVisibilityTimeout},
		Relay:        Relay{PHPActions: map[string]string{}},
		Actions: Actions{
			Policies: map[string]task.Policy{},
			HTTP:     httprequest.Config{AllowedHosts: []string{}}.WithDefaults(),
			Command:  command.Config{Programs: map[string]command.Program{}},
		},
		Log: Log{
			Engine: EngineVisibility, MonitorInterval: monitor.DefaultInterval,
			Elasticsearch: elastic.Connection{Addresses: []string{}}.WithDefaults(),
		},
		Worker:  Worker{Concurrency: 1, Strategy: worker.Weight, ShutdownTimeout: 30 * time.Second},
		API:     defaultAPI(),
		Logging: Logging{Level: slog.LevelInfo, Format: FormatText},
	}
}

// validate reports every value that no program can work with. What a package checks by itself when it is given the
// value, as the dispatcher checks queues, is left to it.
func (c Config) validate() error {
	var errs []error
	refuse := func(key string, value any, reason string) {
		errs = append(errs, fmt.Errorf("%s is %q: %s", key, fmt.Sprint(value), reason))
	}
	if len(c.Queues) == 0 {
		errs = append(errs, fmt.Errorf("queues: %w", dispatcher.ErrNoQueues))
	}
	c.validateBrokers(refuse)
	if engines := []string{EngineVisibility, EngineSQLite, EngineElastic}; !slices.Contains(engines, c.Log.Engine) {
		refuse("log.engine", c.Log.Engine, fmt.Sprintf("there is no such engine; engines are %v", engines))
	}
	if c.Log.Engine == EngineSQLite && c.Log.File == "" {
		refuse("log.file", c.Log.File, "the engine sqlite needs the visibility database of the embedded server")
	}
	if c.Log.Engine == EngineElastic {
		if err := c.Log.Elasticsearch.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("log.%w", err))
		}
	}
	if i := c.Log.MonitorInterval; i != 0 && i < minMonitorInterval {
		refuse("log.monitorInterval", i, fmt.Sprintf("it must be %s or more, or 0 to measure nothing", minMonitorInterval))
	}
	if c.Metrics.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Metrics.Listen); err != nil {
			refuse("metrics.listen", c.Metrics.Listen, "it must be HOST:PORT, such as 127.0.0.1:9090 or :9090, or empty")
		}
	}
	if err := c.API.validate(); err != nil {
		errs = append(errs, err)
	}
	if c.Worker.Concurrency < 1 {
		refuse("worker.concurrency", c.Worker.Concurrency, "it must be 1 or more")
	}
	if _, err := worker.ParseStrategy(string(c.Worker.Strategy)); err != nil {
		errs = append(errs, fmt.Errorf("worker.strategy: %w", err))
	}
	if err := c.Worker.Limits.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("worker.limits.%w", err))
	}
	if err := c.Worker.Deployment.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("worker.deployment.%w", err))
	}
	if c.Worker.ShutdownTimeout <= 0 {
		refuse("worker.shutdownTimeout", c.Worker.ShutdownTimeout, "it must be more than 0")
	}
	if formats := []string{FormatText, FormatJSON}; !slices.Contains(formats, c.Logging.Format) {
		refuse("logging.format", c.Logging.Format, fmt.Sprintf("formats are %v", formats))
	}
	return errors.Join(errs...)
}

// Client returns the part of the configuration that a taskqueue.Client needs. What needs a connection, the
// caller adds: Temporal, Namespace, TaskLog.
func (c Config) Client() taskqueue.Config {
	queues := make([]taskqueue.Queue, len(c.Queues))
	for i, q := range c.Queues {
		queues[i] = taskqueue.Queue{Name: q.Name, Weight: q.Weight, Reserved: q.Reserved}
	}
	return taskqueue.Config{
		Queues:       queues,
		DefaultQueue: c.DefaultQueue,
		Associations: c.Associations,
		Categories:   c.Categories,
		Declared:     c.Actions.known(),
		Policies:     c.Actions.Policies,
		Owner:        c.Owner,
		IgnoredTasks: c.IgnoredTasks,
	}
}

// known returns the actions that workers elsewhere know: those declared, and the built-in ones, which
// every worker has. It is nil if nothing is declared.
func (a Actions) known() []string {
	if a.Declared == nil {
		return nil
	}
	known := append(slices.Clone(a.Declared), httprequest.Name)
	if len(a.Command.Programs) > 0 {
		known = append(known, command.Name)
	}
	return known
}

// WorkerConfig returns the part of the configuration that a worker needs.
func (c Config) WorkerConfig() worker.Config {
	return worker.Config{
		Concurrency:     c.Worker.Concurrency,
		Strategy:        c.Worker.Strategy,
		Limits:          c.Worker.Limits,
		Deployment:      c.Worker.Deployment,
		ShutdownTimeout: c.Worker.ShutdownTimeout,
	}
}
