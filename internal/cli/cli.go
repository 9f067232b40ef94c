// Package cli is the command line of taskctl.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/internal/app"
	"github.com/distributed-task-queue/taskqueue/internal/config"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/internal/version"
)

// Streams are what the command line reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer // results
	Err io.Writer // errors, progress and logs
}

// Run runs taskctl with the arguments, which do not include the program's name, and returns its exit status.
func Run(ctx context.Context, args []string, streams Streams) int {
	p := &program{Streams: streams}
	root := p.command() //nolint:contextcheck // the commands get the context when they run
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := root.ExecuteContext(ctx)
	status := p.status(err)
	if err != nil && !errors.Is(err, errTold) {
		message := fmt.Sprintf("taskctl: %v\n", err)
		if setup.Needed(err) {
			message += "taskctl: " + setup.Advice + "\n"
		}
		if withoutIndex(err) {
			message += "Meanwhile tasks run, and these work: enqueue, rerun, log get, archive and cancel by ID, queue, schedule.\n"
		}
		if status == StatusUsage {
			message += "See taskctl --help.\n"
		}
		_, _ = io.WriteString(streams.Err, message) // the exit status tells it as well
	}
	return status
}

// program is one run of taskctl.
type program struct {
	Streams
	config     string
	connection config.Connection
	output     outputFormat
	running    bool // the command line was understood
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:               "taskctl",
		Short:             "Enqueue tasks and look into the task log",
		Version:           version.String(),
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := p.output.resolve(p.Out); err != nil {
				return err
			}
			p.running = true
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&p.config, "config", "", "configuration file (default "+config.DefaultFile+", if it exists)")
	flags.StringVar(&p.connection.Address, "address", "", "host:port of the Temporal server (default: TEMPORAL_ADDRESS, or localhost:7233)")
	flags.StringVar(&p.connection.Namespace, "namespace", "", "Temporal namespace (default: TEMPORAL_NAMESPACE, or default)")
	flags.StringVar((*string)(&p.output), "output", "", "json or table (default: table on a terminal, else json)")
	root.AddCommand(p.initCommand(), p.enqueueCommand(), p.runCommand(), p.rerunCommand(), p.logCommand(), p.queueCommand(), p.associationsCommand(),
		p.relayCommand(), p.migrateCommand(), p.scheduleCommand(), p.stuckCommand(), p.keyCommand(), p.deploymentCommand(), p.planCommand(),
		p.benchCommand())
	return root
}

// group returns a command that only has further commands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use: use + " COMMAND", Short: short, Args: cobra.NoArgs, DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return usagef("%s needs one of its commands; see %s --help", c.CommandPath(), c.CommandPath())
		},
	}
	g.AddCommand(commands...)
	return g
}

// load returns the configuration and the logger that it asks for.
func (p *program) load() (config.Config, *slog.Logger, error) {
	c, err := config.Load(p.config, os.Environ())
	if err != nil {
		return config.Config{}, nil, err
	}
	// What goes well is the result's to tell; the log is for what does not.
	c.Logging.Level = max(c.Logging.Level, slog.LevelWarn)
	return c, c.Logging.NewLogger(p.Err), nil
}

// connected runs do with a connection to Temporal.
func (p *program) connected(ctx context.Context, do func(*app.App) error) error {
	return p.connectedAs(ctx, func(*config.Config) {}, do)
}

// connectedAs is connected with a configuration that is changed first.
func (p *program) connectedAs(ctx context.Context, change func(*config.Config), do func(*app.App) error) (err error) {
	c, logger, err := p.load()
	if err != nil {
		return err
	}
	change(&c)
	// With its actions a task is checked, categorised and routed as by the API.
	actions, err := app.BuiltInActions(c.Actions)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, c, app.Options{Connection: p.connection, Actions: actions, Logger: logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
