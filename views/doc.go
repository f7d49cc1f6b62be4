// Package views holds the pages and their parts. A page takes one plain struct and asks nobody for anything; what its
// sentences say is decided by the pure functions here.
package views

import "github.com/a-h/templ"

// Content is what a page shows within its layout; alone it is a fragment.
type Content = templ.Component
