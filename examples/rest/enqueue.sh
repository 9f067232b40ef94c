#!/bin/sh
# Enqueues the import of a sample, waits until it is done and prints the task with its report. Needs curl.
set -eu
url="${TASKQUEUE_API_URL:-http://127.0.0.1:8080}/api/v1/tasks"
id="import-$(date +%s)-$$" # an id of one's own spares reading it from the answer

call() {
	if [ -n "${TASKQUEUE_API_KEY:-}" ]; then set -- --oauth2-bearer "$TASKQUEUE_API_KEY" "$@"; fi
	# --retry waits as long as Retry-After says when the server is busy.
	curl --silent --show-error --fail-with-body --retry 5 --max-time 30 "$@"
}

answer=$(call "$url" --header 'Content-Type: application/json' \
	--data '{"id": "'"$id"'", "action": "csv.import", "parameters": {"sample": true}, "label": "Import the sample"}') || {
	echo "$answer" >&2 # what is wrong
	exit 1
}

# A task of a queue with the broker rds or sqs is unknown until a relay has taken it.
patience=$(($(date +%s) + 30))
while true; do
	task=$(call "$url/$id") || true
	case "$task" in
	*'"status":"created"'* | *'"status":"in_progress"'*) ;;
	*task-not-found*) if [ "$(date +%s)" -ge "$patience" ]; then break; fi ;;
	*) break ;;
	esac
	sleep 1
done
echo "$task"
case "$task" in *'"status":"completed"'*) ;; *) exit 1 ;; esac
