// Package api is the REST API: it enqueues tasks and answers questions about them over HTTP.
//
// The document openapi.yaml, which the server also serves, is the one source of the interface. The
// table of routes names its operations and must match it; every request's parameters and body are
// checked against its schemas before a handler sees them. It is written by hand: generated
// server code would be several times its length, and no easier to read than the document itself.
//
// Errors are problem documents (RFC 9457); [problemOf] is the one place where errors become HTTP.
package api
