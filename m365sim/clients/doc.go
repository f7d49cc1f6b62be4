// Package clients holds tests alone: clients that others wrote, unmodified, against the simulator. It stands apart so
// that no other package waits for Microsoft's SDK to compile.
package clients
