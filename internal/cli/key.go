package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/distributed-task-queue/taskqueue/api/auth"
)

// defaultKeysFile is where keys are kept if neither the configuration nor a flag says.
const defaultKeysFile = "keys.yaml"

func (p *program) keyCommand() *cobra.Command {
	var file string
	c := group("key", "Make and revoke API keys", p.keyCreateCommand(&file), p.keyListCommand(&file), p.keyRevokeCommand(&file))
	c.PersistentFlags().StringVar(&file, "file", "", "the file of the keys (default: api.auth.keysFile of the configuration, or "+defaultKeysFile+")")
	return c
}

// keyFile returns the file that the keys are in, and whether the API takes them from there.
func (p *program) keyFile(flag string) (file auth.KeyFile, served bool, err error) {
	c, _, err := p.load()
	if err != nil {
		return auth.KeyFile{}, false, err
	}
	path := cmp.Or(flag, c.API.Auth.KeysFile, defaultKeysFile)
	return auth.KeyFile{Path: path}, path == c.API.Auth.KeysFile, nil
}

func (p *program) keyCreateCommand(file *string) *cobra.Command {
	var subject, role, expires string
	c := &cobra.Command{
		Use: "create", Short: "Make an API key, and show it this once", Args: cobra.NoArgs,
		Long: "Make an API key, and show it this once: only its hash is kept. The API takes it at once, if api.auth.keysFile of its\n" +
			"configuration is the file.",
		Example: "  taskctl key create --subject jane --role operator --expires 90d",
		RunE: func(c *cobra.Command, _ []string) error {
			parsed, err := auth.ParseRole(role)
			if err != nil {
				return usagef("--role: %v", err)
			}
			if err := auth.CheckSubject(subject); err != nil {
				return usagef("--subject: %v", err)
			}
			now := time.Now()
			end, err := expiry(expires, now)
			if err != nil {
				return err
			}
			return p.createKey(c.Context(), *file, subject, parsed, now, end)
		},
	}
	c.Flags().StringVar(&subject, "subject", "", "who the key is for, and owns the tasks that are enqueued with it")
	c.Flags().StringVar(&role, "role", auth.Owner.String(), fmt.Sprintf("one of %v", auth.Roles()))
	c.Flags().StringVar(&expires, "expires", "", "after what time it is of no use any more, as in 90d or 12h (default: never)")
	return c
}

func (p *program) createKey(ctx context.Context, flag, subject string, role auth.Role, now time.Time, expires *time.Time) error {
	file, served, err := p.keyFile(flag)
	if err != nil {
		return err
	}
	text, key, err := auth.NewKey(subject, role, now, expires)
	if err != nil {
		return err
	}
	if err := file.Add(ctx, key); err != nil {
		return err
	}
	if !served {
		if _, err := fmt.Fprintf(p.Err, "The API takes keys of %s only if api.auth.keysFile of its configuration says so.\n", file.Path); err != nil {
			return err
		}
	}
	return p.print(struct {
		auth.Key
		Text string `json:"key"`
	}{key, text}, func(t *table) {
		t.row("key", text)
		t.row("id", key.ID)
		t.row("subject", key.Subject)
		t.row("role", key.Role)
		t.row("expires", expiryText(key, now))
	})
}

func (p *program) keyListCommand(flag *string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the API keys", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			file, _, err := p.keyFile(*flag)
			if err != nil {
				return err
			}
			keys, err := file.List()
			if err != nil {
				return err
			}
			return p.print(map[string]any{"keys": keys}, func(t *table) {
				t.row("ID", "SUBJECT", "ROLE", "CREATED", "EXPIRES")
				for _, k := range keys {
					t.row(k.ID, k.Subject, k.Role, moment(k.Created), expiryText(k, time.Now()))
				}
			})
		},
	}
}

func (p *program) keyRevokeCommand(flag *string) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Make an API key useless, at once", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, _, err := p.keyFile(*flag)
			if err != nil {
				return err
			}
			revoked, err := file.Revoke(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.print(map[string]any{"revoked": revoked}, func(t *table) { t.row("revoked", revoked.ID, revoked.Subject) })
		},
	}
}

// expiry returns the time that a flag gives as days, 90d, or as Go spells a duration; nil for none.
func expiry(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	after, err := parseDays("expires", text)
	if err != nil {
		return nil, err
	}
	return new(now.Add(after)), nil
}

func expiryText(k auth.Key, now time.Time) string {
	switch {
	case k.Expires == nil:
		return "never"
	case k.Expired(now):
		return "has expired"
	default:
		return moment(*k.Expires)
	}
}
