// Package config reads the configuration of the programs of this module.
//
// It is one YAML file, of which example.yaml shows every key with its default. Every key is an environment variable
// as well: TASKQUEUE_ and the path of the key, so that worker.shutdownTimeout is TASKQUEUE_WORKER_SHUTDOWN_TIMEOUT.
// A variable wins over the file, and a program's flags win over both.
//
// A variable of a key that holds text is taken as it is. Any other is read as YAML:
//
//	TASKQUEUE_WORKER_CONCURRENCY=4
//	TASKQUEUE_QUEUES='[{name: fast, weight: 3}, {name: slow}]'
//	TASKQUEUE_ASSOCIATIONS='{csv.import: slow}'
//	TASKQUEUE_IGNORED_TASKS='index.update, index.delete'
//
// A list of texts may leave out the brackets, as the last one does. Lists and maps replace those of the file.
//
// The connection to Temporal is not configured here, but with the variables and profiles that all of Temporal's tools
// share; see TemporalOptions.
package config
