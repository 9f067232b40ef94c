// Package deployments holds the tests of what is in this folder: images, compose files, the Helm chart, alerts and dashboards.
//
// No container engine and no cluster is needed: files are read as those who use them read them, by their own libraries. These are many, so this is a
// module of its own, which is not part of the workspace either: there it would raise the versions that the programs are built with.
// `make deployments` runs the tests.
package deployments
