package httprequest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// hostPattern is one entry of the allow-list.
type hostPattern struct {
	host      string // normalised; without the "*." of a wildcard
	subdomain bool   // stands for every host below host
	port      string // "" is the default port of the URL's scheme
}

// allowList is the hosts that may be called.
type allowList []hostPattern

func parseAllowList(entries []string) (allowList, error) {
	list := make(allowList, 0, len(entries))
	for _, entry := range entries {
		p, err := parseHostPattern(entry)
		if err != nil {
			return nil, fmt.Errorf("actions.http.allowedHosts: %q %w; "+
				"valid are api.example.com, *.example.com, api.example.com:8443 and [::1]:8080", entry, err)
		}
		list = append(list, p)
	}
	return list, nil
}

func parseHostPattern(entry string) (hostPattern, error) {
	var p hostPattern
	host := entry
	if h, port, err := net.SplitHostPort(entry); err == nil {
		if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
			return p, errors.New("has no valid port")
		}
		host, p.port = h, port
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	host, p.subdomain = strings.CutPrefix(host, "*.")
	normal, err := normaliseHost(host)
	if err != nil {
		return p, err
	}
	if _, err := netip.ParseAddr(normal); err == nil && p.subdomain {
		return p, errors.New("is a wildcard below an IP address")
	}
	p.host = normal
	return p, nil
}

// normaliseHost makes all spellings of a host equal: case, Unicode or punycode, trailing dot, forms of
// an IPv6 address.
func normaliseHost(host string) (string, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || ascii == "" || strings.ContainsAny(ascii, ":/@?#*") {
		return "", errors.New("is not a valid host")
	}
	return strings.ToLower(ascii), nil
}

// check returns an error unless the URL's scheme, host and port may be called.
func (l allowList) check(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the URL's scheme is %q; valid are http and https", u.Scheme)
	}
	if u.User != nil {
		return errors.New("the URL has a user name or password in it; send an Authorization header instead")
	}
	if u.Hostname() == "" {
		return errors.New("the URL has no host")
	}
	host, err := normaliseHost(u.Hostname())
	if err != nil {
		return fmt.Errorf("the URL's host %q %w", u.Hostname(), err)
	}
	for _, p := range l {
		if p.matches(host, u.Port(), u.Scheme) {
			return nil
		}
	}
	return fmt.Errorf("the host %q is not allowed; the worker's configuration lists allowed hosts in actions.http.allowedHosts", u.Host)
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

func (p hostPattern) matches(host, port, scheme string) bool {
	allowed := p.port
	if allowed == "" {
		allowed = defaultPorts[scheme]
	}
	if port == "" {
		port = defaultPorts[scheme]
	}
	if port != allowed {
		return false
	}
	if p.subdomain {
		return strings.HasSuffix(host, "."+p.host)
	}
	return host == p.host
}
