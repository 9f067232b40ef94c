// Package topologytest runs the whole system as it is deployed, each part as a process of its own: the Temporal server on PostgreSQL with its
// visibility in Elasticsearch, two APIs and four workers. It breaks the parts under load and proves that every task that was accepted comes
// to one end, and runs at most once. It has tests only, for Linux.
package topologytest
