// Package command is the built-in action command: it runs a program of the worker's machine.
//
// It is off until the worker's configuration lists at least one program. A task names a program by the key
// of that list; it can choose neither the path, nor the environment, nor the directory, and
// arguments only as far as the configuration lets it. No shell is involved.
package command
