#!/bin/sh
# Usage: rebuild-index.sh [NAMESPACE]
#
# Makes Temporal write every execution that its database has into the index again, after the database or the index was restored. It may be
# repeated, and tasks may run meanwhile. The executions are read from PostgreSQL with psql (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE), and
# written by Temporal (TEMPORAL_ADDRESS), which tdbg asks for each; TDBG names that program. PARALLEL are asked at a time.
set -eu
namespace=${1:-default}
export namespace
export TDBG="${TDBG:-tdbg}" TEMPORAL_ADDRESS="${TEMPORAL_ADDRESS:-127.0.0.1:7233}"

# Ids may have any character that can be printed, so zero bytes separate them.
executions=$(mktemp)
trap 'rm -f "$executions"' EXIT
psql --no-psqlrc --quiet --no-align --tuples-only --field-separator-zero --record-separator-zero --set=ON_ERROR_STOP=1 \
  --set=namespace="$namespace" <<'SQL' >"$executions"
SELECT e.workflow_id, encode(e.run_id, 'hex')::uuid
FROM executions e JOIN namespaces n ON n.id = e.namespace_id
WHERE n.name = :'namespace' ORDER BY e.shard_id, e.workflow_id;
SQL
# One that was deleted meanwhile needs no place in the index.
# shellcheck disable=SC2016 # the variables are for the shells that xargs starts
xargs -0 -r -n 2 -P "${PARALLEL:-8}" sh -c '
  error=$("$TDBG" --address "$TEMPORAL_ADDRESS" --namespace "$namespace" workflow refresh-tasks --workflow-id "$1" --run-id "$2" 2>&1 >/dev/null) && exit
  case $error in *"workflow execution not found"*) ;; *) echo "$1: $error" >&2; exit 1 ;; esac
' sh <"$executions"
