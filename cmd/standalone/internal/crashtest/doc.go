// Package crashtest proves with processes that are killed that no task is lost and none runs twice. It has tests only.
package crashtest
