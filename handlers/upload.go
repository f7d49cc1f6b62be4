package handlers

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clawback"
)

// The largest text of one field, and the largest file that comes back in one: base64 grows by a third.
const (
	maxField        = 64 << 10
	maxCarriedField = maxCarried/3*4 + 8
)

// upload is a posted form with an email. The file is read as it comes and never held whole, and what was typed after
// it is read in any case, so that nothing typed is lost for a file which is too large.
type upload struct {
	values  map[string]string
	lists   map[string][]string // of fields that come several times
	given   bool                // there is a file
	target  clawback.Target     // of the file
	refused error               // why the file is none
	carried string              // a small file, to go along in the form that comes back
	err     error               // the form broke off
}

// uploadFields are all that is read of the form. eml_drop leaves a file out that came along with a form.
var uploadFields = []string{"organization_id", "internet_message_id", "reason", "reference", "eml_name", "eml_base64", "eml_drop",
	"mailbox", "mailboxes", "include_sender", "exercise", "all"}

// uploadLists are the fields that come several times: the emails that a search found, and which of them are chosen.
var uploadLists = []string{"email", "chosen"}

// readUpload reads the form of a request.
func readUpload(r *http.Request) upload {
	sent := upload{values: map[string]string{}, lists: map[string][]string{}}
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		sent.readFields(r)
	} else if err != nil {
		sent.err = formError(err)
	} else {
		sent.readParts(parts)
	}
	if encoded := sent.values["eml_base64"]; encoded != "" && !sent.given && sent.values["eml_drop"] == "" {
		sent.takeCarried(encoded)
	}
	delete(sent.values, "eml_base64")
	delete(sent.values, "eml_drop")
	return sent
}

func (u *upload) readFields(r *http.Request) {
	if err := r.ParseForm(); err != nil {
		u.err = formError(err)
		return
	}
	for _, name := range uploadFields {
		u.values[name] = clean(r.PostForm.Get(name))
	}
	for _, name := range uploadLists {
		u.lists[name] = r.PostForm[name]
	}
}

func (u *upload) readParts(parts *multipart.Reader) {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = u.readPart(part)
		}
		if err != nil {
			u.err = formError(err)
			return
		}
	}
}

func (u *upload) readPart(part *multipart.Part) error {
	if part.FormName() == "eml" {
		if part.FileName() == "" {
			return nil // no file was chosen
		}
		return u.readFile(part)
	}
	list := slices.Contains(uploadLists, part.FormName())
	if !list && !slices.Contains(uploadFields, part.FormName()) || part.FormName() == "eml_name" && u.given {
		return nil // nobody's, or the name of the file that this one replaces
	}
	text, err := io.ReadAll(io.LimitReader(part, fieldLimit(part.FormName())))
	if err != nil {
		return err
	}
	if list {
		u.lists[part.FormName()] = append(u.lists[part.FormName()], clean(string(text)))
		return nil
	}
	u.values[part.FormName()] = clean(string(text))
	return nil
}

func fieldLimit(name string) int64 {
	if name == "eml_base64" {
		return maxCarriedField
	}
	return maxField
}

// readFile reads an email to its end, whatever is wrong with it.
func (u *upload) readFile(part *multipart.Part) error {
	kept := &beginning{max: maxCarried}
	u.given = true
	u.target, u.refused = ReadEmail(io.TeeReader(part, kept))
	var known *clawback.Error
	if u.refused != nil && !errors.As(u.refused, &known) {
		return u.refused
	}
	if _, err := io.Copy(io.Discard, part); err != nil {
		return err
	}
	u.values["eml_name"] = clean(part.FileName())
	if u.refused == nil && !kept.cut {
		u.carried = kept.base64()
	}
	return nil
}

// takeCarried takes the file that came along in the form.
func (u *upload) takeCarried(encoded string) {
	u.given = true
	content, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		u.refused = emlError("The file got lost on the way. Choose it again.")
		return
	}
	if u.target, u.refused = ReadEmail(bytes.NewReader(content)); u.refused == nil {
		u.carried = encoded
	}
}

// targets answers the emails that are meant: of the file, of the typed Message-IDs, or those chosen from a search.
func (u *upload) targets() ([]clawback.Target, error) {
	targets, err := u.chosen()
	for i := range targets {
		targets[i].Mailbox = u.values["mailbox"]
	}
	return targets, err
}

func (u *upload) chosen() ([]clawback.Target, error) {
	typed := u.values["internet_message_id"]
	switch {
	case len(u.lists["email"]) > 0:
		return u.fromSearch()
	case u.given && u.refused != nil:
		return nil, u.refused
	case u.given && typed != "":
		return nil, clawback.Invalid("internet_message_id", "Give either a file or a Message-ID, not both: they could mean two emails.")
	case u.given:
		return []clawback.Target{u.target}, nil
	}
	var targets []clawback.Target
	for _, line := range strings.Split(typed, "\n") {
		if line = strings.TrimSpace(line); line == "" && typed != "" {
			continue
		}
		id, err := clawback.NormalizeMessageID(line)
		if err != nil {
			return nil, err
		}
		targets = append(targets, clawback.Target{Source: clawback.SourceMessageID, MessageID: id})
	}
	return targets, nil
}

// fromSearch answers the emails that were ticked among those a search found.
func (u *upload) fromSearch() ([]clawback.Target, error) {
	found, err := u.found()
	if err != nil {
		return nil, err
	}
	var targets []clawback.Target
	for i, email := range found {
		if u.values["all"] != "" || slices.Contains(u.lists["chosen"], strconv.Itoa(i)) {
			targets = append(targets, email.Target)
		}
	}
	if len(targets) == 0 {
		return nil, clawback.Invalid("chosen", "Choose the emails that are to be removed, or all of them.")
	}
	return targets, nil
}

// found answers the emails that came along in the form.
func (u *upload) found() ([]clawback.FoundEmail, error) {
	emails := make([]clawback.FoundEmail, len(u.lists["email"]))
	for i, text := range u.lists["email"] {
		if err := json.Unmarshal([]byte(text), &emails[i]); err != nil {
			return nil, &clawback.Error{Kind: clawback.KindInvalid, Field: "chosen", Message: "What was found got lost on the way. Search again.", Err: err}
		}
		emails[i].Source = clawback.SourceSearch
	}
	return emails, nil
}

// clean answers what was typed, with the line ends of this world.
func clean(typed string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(typed, "\uFFFD"), "\r\n", "\n"))
}

// beginning keeps what is written up to a size.
type beginning struct {
	content bytes.Buffer // no embedded one, whose ReadFrom would take everything
	max     int
	cut     bool
}

func (b *beginning) Write(p []byte) (int, error) {
	if b.cut = b.cut || b.content.Len()+len(p) > b.max; !b.cut {
		b.content.Write(p)
	}
	return len(p), nil
}

// base64 answers what was kept, as a hidden field holds it.
func (b *beginning) base64() string { return base64.StdEncoding.EncodeToString(b.content.Bytes()) }
