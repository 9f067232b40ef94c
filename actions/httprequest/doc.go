// Package httprequest is the built-in action http.request: one HTTP call, such as a webhook.
//
// Tasks choose where the call goes, and a task may come from anybody who can enqueue one. So the hosts
// that may be called are listed in the worker's configuration, and an address inside the worker's own
// network is refused when the connection is made, whatever name or redirect led there.
//
// A report names the host that was called and never the path, the query or a header of the request:
// tokens live there.
package httprequest
