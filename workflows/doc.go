// Package workflows holds the Temporal workflow that a task is. Its code must stay deterministic: what it does
// is replayed from history, also by later versions of this package.
package workflows
