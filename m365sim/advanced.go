package m365sim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// endsWithProperties are those of the directory whose end can be asked for, in an advanced query.
var endsWithProperties = []string{"mail", "otherMails", "userPrincipalName", "proxyAddresses"}

// eventual says that the client takes answers from the index, which is half of what makes a query an advanced one.
// https://learn.microsoft.com/graph/aad-advanced-queries
func (c *graphCall) eventual() bool {
	return strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual")
}

func (c *graphCall) advanced() bool { return c.eventual() && c.query.Get("$count") == "true" }

// withAdvanced adds the operators which the directory takes in advanced queries.
func (rules fieldRules) withAdvanced() fieldRules {
	out := maps.Clone(rules)
	for field, ops := range rules {
		if slices.Contains(ops, "eq") {
			ops = append(slices.Clone(ops), "ne")
		}
		if slices.Contains(endsWithProperties, field) {
			ops = append(slices.Clone(ops), "endswith")
		}
		out[field] = ops
	}

	return out
}

// readAdvanced refuses what the directory answers in advanced queries only, and forgets a count which was asked
// for without them, silently as Microsoft does.
func (rules listRules) readAdvanced(c *graphCall, o *odata) *answer {
	if !rules.directory {
		return nil
	}
	if o.count = o.count && c.eventual(); c.advanced() {
		return nil
	}
	if o.filter != nil && o.orderby != "" {
		return refuse(c, "Request_UnsupportedQuery", "Sorting not supported for current query.")
	}
	if o.filter == nil {
		return nil
	}
	for _, part := range o.filter.all() {
		indexed := part.op == "any" && part.field == "proxyAddresses" && c.sim.Switches().ProxyAddressesNeedEventual
		if slices.Contains([]string{"not", "ne", "endswith"}, part.op) || indexed {
			return c.needsAdvanced(part.op)
		}
	}

	return nil
}

func (c *graphCall) needsAdvanced(operator string) *answer {
	return refuse(c, "Request_UnsupportedQuery", fmt.Sprintf("Operator '%s' is not supported because the required "+
		"parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. "+
		"Refer to https://aka.ms/graph-docs/advanced-queries for more information", operator))
}

// countOf answers a list's $count segment, a bare number.
func countOf(list func(*graphCall) answer) func(*graphCall) answer {
	return func(c *graphCall) answer {
		if !c.eventual() {
			return *refuse(c, "Request_BadRequest", "$count is not currently supported.")
		}
		c.query.Set("$count", "true")
		ans := list(c)
		body, ok := ans.value.(map[string]any)
		if ans.status != http.StatusOK || !ok {
			return ans
		}

		return textAnswer(http.StatusOK, "text/plain", fmt.Sprint(body["@odata.count"]))
	}
}
