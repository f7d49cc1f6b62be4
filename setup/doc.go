// Package setup checks whether a device can do its work: Diagnose makes a
// verdict and advice of evidence, Checker gathers the evidence and keeps the
// results. What could not be asked is unknown, never passed.
package setup
