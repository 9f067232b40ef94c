package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

const (
	// keysInterval is how often the keys of a URL are read again. One that is withdrawn there is taken for no longer.
	keysInterval = 15 * time.Minute
	// unknownKeyInterval is how often they are read again because a token names a key that is not among them.
	unknownKeyInterval = time.Minute
	// keysTimeout is how long reading them may take.
	keysTimeout = 5 * time.Second
)

// keySet is the set of keys with which tokens are signed.
type keySet interface {
	// keys returns what finds the key of a token. The error says that the keys are not known.
	keys(ctx context.Context) (jwt.Keyfunc, error)
}

// isURL tells a URL from the name of a file.
func isURL(place string) bool { return strings.Contains(place, "://") }

func checkKeySet(place string) error {
	if !isURL(place) {
		return nil
	}
	u, err := url.Parse(place)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return fmt.Errorf("jwt.jwks is %q; it must be an https URL, or a file", place)
	}
	return nil
}

// isLoopback reports whether a host is this machine. What goes there needs no encryption.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// openKeySet reads the keys. Those of a URL are kept up to date until ctx ends.
func openKeySet(ctx context.Context, place string, logger *slog.Logger) (keySet, error) {
	var keys keySet
	if isURL(place) {
		remote, err := openRemote(ctx, place, logger)
		if err != nil {
			return nil, fmt.Errorf("jwt.jwks: %w", err)
		}
		keys = remote
	} else {
		keys = &localKeys{file: reloaded[keyfunc.Keyfunc]{path: place, parse: parseKeySet}}
	}
	if _, err := keys.keys(ctx); err != nil {
		return nil, fmt.Errorf("jwt.jwks: %w", err)
	}
	return keys, nil
}

// uses are what a key that signs tokens may say that it is for.
var uses = []jwkset.USE{jwkset.UseSig, ""}

// localKeys are those of a file, which is read again when it has changed.
type localKeys struct {
	file reloaded[keyfunc.Keyfunc]
}

func (k *localKeys) keys(ctx context.Context) (jwt.Keyfunc, error) {
	found, err := k.file.get()
	if err != nil {
		return nil, err
	}
	return found.KeyfuncCtx(ctx), nil
}

func parseKeySet(content []byte, _ os.FileInfo) (keyfunc.Keyfunc, error) {
	set, err := keyfunc.NewJWKSetJSON(content)
	if err != nil {
		return nil, fmt.Errorf("it is not a JSON Web Key Set: %w", err)
	}
	return keyfunc.New(keyfunc.Options{Storage: set.Storage(), UseWhitelist: uses})
}

// remoteKeys are those of a URL.
type remoteKeys struct{ found keyfunc.Keyfunc }

func (k remoteKeys) keys(ctx context.Context) (jwt.Keyfunc, error) {
	return k.found.KeyfuncCtx(ctx), nil
}

func openRemote(ctx context.Context, address string, logger *slog.Logger) (remoteKeys, error) {
	client := &http.Client{Timeout: keysTimeout, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: keysTimeout}).DialContext, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute,
	}}
	page, err := jwkset.NewStorageFromHTTP(address, jwkset.HTTPClientStorageOptions{
		Ctx: ctx, Client: client, HTTPTimeout: keysTimeout, RefreshInterval: keysInterval,
		RefreshErrorHandler: func(ctx context.Context, err error) {
			logger.ErrorContext(ctx, "The keys of tokens cannot be read again; those that are known stay", "url", address, "error", err)
		},
	})
	if err != nil {
		return remoteKeys{}, err
	}
	// Who sends tokens with keys that do not exist must neither wait nor make this server ask again and again.
	storage, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs: map[string]jwkset.Storage{address: page}, RateLimitWaitMax: keysTimeout, RefreshUnknownKID: rate.NewLimiter(rate.Every(unknownKeyInterval), 1),
	})
	if err != nil {
		return remoteKeys{}, err
	}
	found, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: storage, UseWhitelist: uses})
	return remoteKeys{found}, err
}
