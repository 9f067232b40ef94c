// Package activities holds the registry of actions and the Temporal activity that runs one.
package activities
