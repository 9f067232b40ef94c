package doctest

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Commands returns the reference of a command and of all commands below it in Markdown.
func Commands(root *cobra.Command) string {
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	var b strings.Builder
	describe(&b, root)
	return b.String()
}

func describe(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
		return
	}
	if c.HasParent() { // else the page has a heading of its own
		fmt.Fprintf(b, "### %s\n\n", c.CommandPath())
	}
	fmt.Fprintf(b, "%s.\n\n", escape(c.Short))
	if c.Long != "" {
		fmt.Fprintf(b, "%s\n\n", escape(c.Long))
	}
	if c.Runnable() {
		fmt.Fprintf(b, "```\n%s\n```\n\n", c.UseLine())
	}
	flags(b, c.NonInheritedFlags())
	if c.Example != "" {
		fmt.Fprintf(b, "```sh\n")
		for line := range strings.Lines(c.Example) {
			b.WriteString(strings.TrimPrefix(line, "  "))
		}
		fmt.Fprintf(b, "\n```\n\n")
	}
	for _, below := range c.Commands() {
		describe(b, below)
	}
}

// flags writes the table of a command's own flags.
func flags(b *strings.Builder, set *pflag.FlagSet) {
	var rows []string
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if kind != "" {
			name += " " + kind
		}
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value := ""
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0s" {
			value = "`" + f.DefValue + "`"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", name, value, escape(usage)))
	})
	if len(rows) > 0 {
		fmt.Fprintf(b, "| flag | default | |\n|---|---|---|\n%s\n", strings.Join(rows, ""))
	}
}

// escape keeps a text from being taken for Markdown.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`).Replace(text)
}
