package auth

import (
	"fmt"
	"slices"
)

// Role says what somebody may do. Each role may do what those before it may.
type Role uint8

// The roles.
const (
	// Anonymous has shown no credentials. Nobody is given this role.
	Anonymous Role = iota + 1
	// Owner enqueues tasks, and sees and manages only their own.
	Owner
	// Operator sees and manages everybody's tasks, and the schedules.
	Operator
	// Admin pauses and resumes queues.
	Admin
)

// names are the names of the roles, by the role.
var names = []string{Anonymous: "anonymous", Owner: "owner", Operator: "operator", Admin: "admin"}

// Roles returns the roles that somebody can be given, the least first.
func Roles() []Role { return []Role{Owner, Operator, Admin} }

// ParseRole returns the role with this name, which must be one of Roles.
func ParseRole(name string) (Role, error) {
	if role := Role(max(0, slices.Index(names, name))); slices.Contains(Roles(), role) { //nolint:gosec // there are five names
		return role, nil
	}
	return 0, fmt.Errorf("%q is not a role; roles are %v", name, Roles())
}

// String returns the role's name.
func (r Role) String() string {
	if int(r) < len(names) {
		return names[r]
	}
	return ""
}

// MarshalText returns the role's name.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRole does.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}
