package elastic

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// UnusableError says that nothing can be had from the index until somebody acts.
type UnusableError struct {
	Index  string // and where it is, without credentials
	Reason string // and what to do
	Err    error  // what came from the server, or from the connection to it; nil if it is the engine that says so
}

func (e *UnusableError) Error() string {
	text := fmt.Sprintf("the task log's index %s cannot be used: %s", e.Index, e.Reason)
	if e.Err != nil {
		text += fmt.Sprintf(": %v", e.Err)
	}
	return text
}

func (e *UnusableError) Unwrap() error { return e.Err }

func (t *transport) unusable(reason string, err error) error {
	return &UnusableError{Index: t.connection.name(), Reason: reason, Err: err}
}

// unknownProduct is part of the error of the Elasticsearch client, which is of no type of its own, for an answer without the header that
// Elasticsearch sends since 7.14.
const unknownProduct = "the server is not Elasticsearch"

// neverAnswers returns why trying again does not help after a request without an answer; empty if it may.
func neverAnswers(err error) string {
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return "the certificate of the server is not accepted; check caFile and the host's name"
	}
	if strings.Contains(err.Error(), unknownProduct) {
		return "the server does not say that it is Elasticsearch 8; for OpenSearch take the engine visibility, and let a proxy pass on the header X-Elastic-Product"
	}
	return ""
}
