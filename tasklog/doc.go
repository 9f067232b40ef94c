// Package tasklog answers who ran what, when and with which report.
//
// There is no store of its own: the log is a projection of Temporal's visibility. A [Filter] says
// which tasks are wanted, an [Engine] finds them, and [TaskLog] is what the rest of the program
// talks to. Reading one task by its id asks Temporal directly and is always current; lists come
// from the index and are at most about two seconds behind.
//
// The engines are in the packages below this one. They are held to one conformance suite,
// package tasklogtest, so a filter means the same in each of them.
package tasklog
