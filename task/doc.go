// Package task is the vocabulary that every other package shares: what a task
// is, which statuses and categories it may have, and what its report says.
//
// It imports nothing else of this module, and nothing of Temporal, so a program
// can speak about tasks without being tied to how they run.
package task
