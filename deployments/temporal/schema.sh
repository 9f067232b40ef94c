#!/bin/sh
# Makes or upgrades what a Temporal server needs before it starts: its tables in PostgreSQL, and its index in Elasticsearch. It runs in the
# image temporalio/admin-tools and may be repeated.
set -eu

database="${DBNAME:-temporal}"
export SQL_PLUGIN=postgres12_pgx SQL_HOST="$POSTGRES_SEEDS" SQL_PORT="${DB_PORT:-5432}" SQL_USER="$POSTGRES_USER" SQL_PASSWORD="$POSTGRES_PWD"
temporal-sql-tool --database "$database" create-database --defaultdb postgres
temporal-sql-tool --database "$database" setup-schema --version 0.0 # it never lowers the version of a schema that is there
temporal-sql-tool --database "$database" update-schema --schema-name postgresql/v12/temporal

export ES_SERVER="${ES_SCHEME:-http}://$ES_SEEDS:${ES_PORT:-9200}"
temporal-elasticsearch-tool setup-schema
temporal-elasticsearch-tool create-index --index "$ES_VIS_INDEX"
