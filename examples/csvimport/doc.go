// Package csvimport is an example of an action with real work to do: csv.import reads a CSV file line by
// line into an SQLite database.
//
// It shows what a long task should care about:
//
//   - Its memory does not grow with the file, and rows are written in batches, each in a transaction.
//   - A wrong row does not stop it. The report counts the rows and shows the first refused ones with their
//     line numbers; a file to download has them all.
//   - It can be run again: a row that is there already is updated, so nothing is there twice.
//   - It stops when its context is cancelled.
//
// The file is an almanac: the columns are those of the sample that the package holds, see README.md.
package csvimport

//go:generate go run ./internal/sample/generate sample.csv
