// Package clawback holds the domain of Clawback: what an organization, a
// remediation, a record and an action are, which states they take, who may do
// what, and the rules that decide whether a copy of an email may be removed.
// It uses the standard library alone; every other package builds on it.
package clawback
