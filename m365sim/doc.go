// Package m365sim is a simulated Microsoft 365: Entra sign-in and tokens, Microsoft Graph, the Exchange Online
// admin API and a plain JSON control of its own, each on a loopback port.
//
// It serves the demo and every test which needs Microsoft's side over real HTTP. It imports no package of the
// project, so that client and simulator cannot agree on a mistake. What it refuses matters as much as what it
// answers: audience and permission of each token, Microsoft's limits, paging, ids which change on a move.
//
// Where Microsoft's documentation leaves a behaviour open, the stricter reading is simulated and the docstring of
// the function says so.
package m365sim
