#!/bin/sh
# note ID SECONDS STATUS notes in $JOURNAL that the task runs, before anything else, takes its time and ends with the status.
echo "$1" >>"$JOURNAL"
[ "$2" = 0 ] || sleep "$2"
exit "$3"
