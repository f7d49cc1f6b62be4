package m365sim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"
)

// idSource makes ids from names: whatever the order of asking, the same seed and name give the same id.
type idSource struct{ seed uint64 }

func (s idSource) sum(parts ...string) [sha256.Size]byte {
	text := binary.BigEndian.AppendUint64(make([]byte, 0, 256), s.seed)
	for i, part := range parts {
		if i > 0 {
			text = append(text, 0)
		}
		text = append(text, part...)
	}

	return sha256.Sum256(text)
}

func (s idSource) uuid(parts ...string) string {
	sum := s.sum(parts...)
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80

	return id.String()
}

// number answers a number below n.
func (s idSource) number(n int, parts ...string) int {
	sum := s.sum(parts...)

	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(n))
}

// token answers URL-safe text as Exchange ids, aio, uti and secrets look.
func (s idSource) token(parts ...string) string {
	sum := s.sum(parts...)

	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const (
	restIDPrefix      = "AAMkAD"
	immutableIDPrefix = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A"
	folderIDPrefix    = "AAMkAF"
)

func (s idSource) restID(parts ...string) string {
	return restIDPrefix + s.token(append([]string{"rest"}, parts...)...) + "AAA="
}

func (s idSource) immutableID(parts ...string) string {
	return immutableIDPrefix + s.token(append([]string{"immutable"}, parts...)...)[:32] + "AA=="
}

func (s idSource) folderID(parts ...string) string {
	return folderIDPrefix + s.token(append([]string{"folder"}, parts...)...) + "AAA="
}

// conversationIndex is the place of a message in its conversation: 22 bytes, of which the first tell a date.
func (s idSource) conversationIndex(messageID string) string {
	sum := s.sum("index", messageID)

	return base64.StdEncoding.EncodeToString(append([]byte{1, 1, 0xda}, sum[:19]...))
}

// wellFormedItemID tells an id no mailbox can hold (400 ErrorInvalidIdMalformed) from one which is not there (404).
func wellFormedItemID(id string) bool { return strings.HasPrefix(id, "AA") && len(id) >= 20 }
