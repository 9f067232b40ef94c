package rds

import (
	"context"
	"fmt"
)

// places ask a database which it is, whatever it was called when it was connected to.
var places = map[Dialect]string{
	PostgreSQL: "SELECT concat_ws(' ', pg_postmaster_start_time(), current_database(), current_schemas(false))",
	MySQL:      "SELECT concat_ws(' ', @@hostname, @@port, @@datadir, @@server_id, database())",
	SQLite:     "SELECT file FROM pragma_database_list WHERE name = 'main'",
}

// Place returns the server, the database and the table.
func (b *Broker) Place(ctx context.Context, queue string) (string, error) {
	table, err := b.table(queue)
	if err != nil {
		return "", err
	}
	var database string
	if err := b.config.DB.QueryRowContext(ctx, places[b.config.Dialect]).Scan(&database); err != nil {
		return "", fmt.Errorf("ask the database of queue %q which it is: %w", queue, err)
	}
	if database == "" { // SQLite in memory
		database = fmt.Sprintf("%p", b.config.DB)
	}
	return fmt.Sprintf("%s %s %s", b.config.Dialect, database, table), nil
}
