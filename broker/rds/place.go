package rds

import (
	"context"
	"fmt"
)

// places ask a database which it is, whatever it was called when it was connected to.
var places = map[Dialect]string{
	PostgreSQL: "SELECT concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), current_database(), to_regclass($1)::oid)",
	MySQL:      "SELECT concat_ws(' ', @@hostname, @@port, @@datadir, @@server_id, database())",
	SQLite:     "SELECT file FROM pragma_database_list WHERE name = 'main'",
}

// Place returns the server, the database and the table.
func (b *Broker) Place(ctx context.Context, queue string) (string, error) {
	table, err := b.table(queue)
	if err != nil {
		return "", err
	}
	var args []any
	if b.config.Dialect == PostgreSQL {
		args = append(args, table) // which of several schemas it is in is for the connection's search path
	}
	var database string
	if err := b.config.DB.QueryRowContext(ctx, places[b.config.Dialect], args...).Scan(&database); err != nil {
		return "", fmt.Errorf("ask the database of queue %q which it is: %w", queue, err)
	}
	if database == "" { // SQLite in memory
		database = fmt.Sprintf("%p", b.config.DB)
	}
	return fmt.Sprintf("%s %s %s", b.config.Dialect, database, table), nil
}
