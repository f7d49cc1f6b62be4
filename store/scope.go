package store

import (
	"strings"

	"clawback"
)

// scopeSQL answers the part of a WHERE clause that keeps a query inside a scope.
func scopeSQL(scope clawback.Scope, column string) (clause string, args []any) {
	if scope.Everywhere {
		return "1=1", nil
	}
	if scope.Empty() {
		return "1=0", nil
	}
	for _, id := range scope.Organizations {
		args = append(args, id)
	}
	return column + " IN (" + marks(len(args)) + ")", args
}

// marks answers n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// sees answers where the actor has any of the rights: who may change a thing sees it.
func sees(actor clawback.Actor, rights ...clawback.Right) clawback.Scope {
	var all clawback.Scope
	for _, right := range rights {
		scope := actor.Scope(right)
		all.Everywhere = all.Everywhere || scope.Everywhere
		all.Organizations = append(all.Organizations, scope.Organizations...)
	}
	return all
}

// mayChange returns KindForbidden, saying what is not allowed, unless the actor has the right there.
func mayChange(actor clawback.Actor, right clawback.Right, organizationID, what string) error {
	if actor.Can(right, organizationID) {
		return nil
	}
	return clawback.Errorf(clawback.KindForbidden, "You may look at this, but your role does not allow you to %s.", what)
}

// isOperator says whether the actor runs the installation.
func isOperator(actor clawback.Actor) bool {
	if actor.Kind == clawback.ActorBot {
		return true
	}
	for _, role := range actor.StaffRoles {
		if role == clawback.RoleOperator {
			return true
		}
	}
	return false
}

func operatorOnly(actor clawback.Actor, what string) error {
	if isOperator(actor) {
		return nil
	}
	return clawback.Errorf(clawback.KindForbidden, "Only an operator may %s.", what)
}
