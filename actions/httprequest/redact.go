package httprequest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// minSecretLength is the shortest value that is looked for: a shorter one protects nothing, and hiding it
// would make holes in any text.
const minSecretLength = 4

// redactor hides the secrets of a request in texts that others wrote: servers do send headers back, in
// error pages and in echoes.
type redactor struct {
	replacer *strings.Replacer
	longest  int // bytes of the longest secret
}

func newRedactor(h http.Header) redactor {
	var all []string
	for name, values := range h {
		if isPlain(name) {
			continue
		}
		for _, v := range values {
			for _, secret := range secretsOf(name, v) {
				all = append(all, spellings(secret)...)
			}
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < minSecretLength })
	// The whole before its parts: the replacer tries them in this order.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var r redactor
	pairs := make([]string, 0, 2*len(all))
	for _, s := range all {
		pairs = append(pairs, s, "[redacted]")
		r.longest = max(r.longest, len(s))
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r
}

// secretsOf returns the value of a header and the parts of it that are secrets by themselves.
func secretsOf(name, value string) []string {
	secrets := []string{value}
	switch name {
	case "Cookie":
		cookies, err := http.ParseCookie(value)
		if err != nil {
			return secrets // nothing that a server could take apart
		}
		for _, c := range cookies {
			secrets = append(secrets, c.Value)
		}
	case "Authorization":
		_, credentials, _ := strings.Cut(value, " ") // "Bearer …"
		secrets = append(secrets, strings.TrimSpace(credentials))
		if _, password, ok := (&http.Request{Header: http.Header{name: {value}}}).BasicAuth(); ok {
			secrets = append(secrets, password)
		}
	}
	return secrets
}

// spellings returns the secret as it is, and as encoders of JSON write it within quotes.
func spellings(secret string) []string {
	all := []string{secret}
	for _, escapeHTML := range []bool{true, false} {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(escapeHTML)
		if err := enc.Encode(secret); err != nil {
			continue // a string can always be encoded
		}
		quoted := strings.TrimSuffix(b.String(), "\n")
		all = append(all, quoted[1:len(quoted)-1])
	}
	return all
}

func (r redactor) redact(text string) string { return r.replacer.Replace(text) }
