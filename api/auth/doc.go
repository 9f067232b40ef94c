// Package auth says who a request of the REST API comes from, and what they may do.
//
// There are two kinds of credentials: API keys, of which a file holds the hashes, and JSON Web Tokens that an identity provider signs.
// Either gives an [Identity]: a subject, who owns tasks, and a [Role].
package auth
