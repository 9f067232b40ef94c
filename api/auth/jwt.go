package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// DefaultRoleClaim is the claim of a token that names its role.
const DefaultRoleClaim = "role"

// leeway is how much the clocks of the identity provider and of this server may differ.
const leeway = 30 * time.Second

// methods are the algorithms that tokens may be signed with: those with a public and a private key. With any other, whoever
// can check a token could make one.
var methods = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// JWT says which JSON Web Tokens are taken. Without JWKS there are none; with it, Issuer and Audience are required.
type JWT struct {
	// JWKS is where the keys are with which tokens are signed: an https URL, or a file.
	JWKS string `yaml:"jwks"`
	// Issuer must be the claim iss of every token.
	Issuer string `yaml:"issuer"`
	// Audience must be among the claim aud of every token.
	Audience string `yaml:"audience"`
	// RoleClaim is the claim that names the role: a text, or a list of which the highest role counts. A token without it has the role Owner.
	// Default: DefaultRoleClaim.
	RoleClaim string `yaml:"roleClaim"`
}

// WithDefaults returns a copy in which every default is filled in.
func (j JWT) WithDefaults() JWT {
	j.RoleClaim = cmp.Or(j.RoleClaim, DefaultRoleClaim)
	return j
}

func (j JWT) validate() error {
	if j.JWKS == "" {
		if j.Issuer != "" || j.Audience != "" {
			return errors.New("jwt.jwks is empty, but jwt.issuer or jwt.audience is not: name the URL or the file of the keys with which tokens are signed")
		}
		return nil
	}
	if j.Issuer == "" {
		return errors.New("jwt.issuer is empty; it must be the claim iss of the tokens that are taken")
	}
	if j.Audience == "" {
		return errors.New("jwt.audience is empty; it must be the claim aud of the tokens that are taken, or those for other programs would be")
	}
	return checkKeySet(j.JWKS)
}

// tokens authenticates by JSON Web Tokens.
type tokens struct {
	keys      keySet
	parser    *jwt.Parser
	roleClaim string
}

func openTokens(ctx context.Context, c JWT, logger *slog.Logger) (*tokens, error) {
	keys, err := openKeySet(ctx, c.JWKS, logger)
	if err != nil {
		return nil, err
	}
	return &tokens{keys: keys, roleClaim: c.RoleClaim, parser: jwt.NewParser(
		jwt.WithValidMethods(methods), jwt.WithIssuer(c.Issuer), jwt.WithAudience(c.Audience), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway),
	)}, nil
}

// Authenticate returns who the token was issued to.
func (t *tokens) Authenticate(ctx context.Context, credential string) (Identity, error) {
	find, err := t.keys.keys(ctx)
	if err != nil {
		return Identity{}, fmt.Errorf("the keys of tokens: %w", err)
	}
	claims := jwt.MapClaims{}
	_, err = t.parser.ParseWithClaims(credential, claims, find)
	if errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		return Identity{}, &RefusedError{Reason: "the token has expired", Err: err}
	}
	if err != nil {
		return Identity{}, refusedToken(err)
	}
	subject, err := claims.GetSubject()
	if err == nil {
		err = CheckSubject(subject)
	}
	if err != nil {
		return Identity{}, refusedToken(err)
	}
	role, err := roleOf(claims[t.roleClaim])
	if err != nil {
		return Identity{}, refusedToken(fmt.Errorf("claim %s: %w", t.roleClaim, err))
	}
	return Identity{Subject: subject, Role: role}, nil
}

func refusedToken(err error) error { return &RefusedError{Reason: "the token is not valid", Err: err} }

// roleOf returns the role that a claim names. Providers put names of their own into lists of roles, so those are passed over
// there; a single name that is no role is a mistake.
func roleOf(claim any) (Role, error) {
	switch claim := claim.(type) {
	case nil:
		return Owner, nil
	case string:
		return ParseRole(claim)
	case []any:
		highest := Owner
		for _, name := range claim {
			text, _ := name.(string)
			if role, err := ParseRole(text); err == nil {
				highest = max(highest, role)
			}
		}
		return highest, nil
	default:
		return 0, fmt.Errorf("it is %T; it must be a text or a list", claim)
	}
}
