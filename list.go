package clawback

// The number of rows a list answers when nothing is asked, and at most.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// PageQuery asks for one page of a list. Cursor is the Next of the page before, empty for the first.
type PageQuery struct {
	Limit  int
	Cursor string
}

// Rows answers the limit within its bounds.
func (q PageQuery) Rows() int {
	if q.Limit <= 0 {
		return DefaultLimit
	}
	return min(q.Limit, MaxLimit)
}

// Page is one page of a list; Next is empty on the last one. Total counts the
// whole list where the store counted it, else -1.
type Page[T any] struct {
	Items []T
	Next  string
	Total int
}
