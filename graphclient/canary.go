package graphclient

import (
	"context"
	"fmt"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

const (
	placeCall = "place a message"
	// messageFlags is MAPI's PR_MESSAGE_FLAGS. Graph makes drafts only; with the flags
	// set to "read" at its creation, a message looks like one that was received:
	// https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-post-singlevalueextendedproperties
	messageFlags = "Integer 0x0E07"
	flagRead     = "1"
)

// PlaceMessage makes a message of our own in the Inbox of a mailbox; nothing is
// sent. What did not leave before sendBy is not sent. It fails only where nothing
// was done. https://learn.microsoft.com/graph/api/mailfolder-post-messages
func (c *Client) PlaceMessage(ctx context.Context, conn clawback.Connection, sendBy time.Time, r clawback.PlaceRequest) (clawback.PlaceAnswer, error) {
	if r.MailboxID == "" || r.MessageID == "" || sendBy.IsZero() {
		return clawback.PlaceAnswer{}, invalidCall(placeCall, "A message needs a mailbox, a Message-ID, and the time until which it may be placed.")
	}
	s, err := c.graphSession(conn, placeCall)
	if err != nil {
		return clawback.PlaceAnswer{}, err
	}
	request, err := s.placeRequest(ctx, r)
	if err != nil {
		return clawback.PlaceAnswer{}, fmt.Errorf("ask to place a message: %w", err)
	}
	replies, err := s.run(ctx, sendBy, []step{{mailbox: r.MailboxID, request: request}})
	if err != nil {
		return clawback.PlaceAnswer{}, err
	}
	return s.placeAnswer(replies[0]), nil
}

func (s *session) placeRequest(ctx context.Context, r clawback.PlaceRequest) (*abstractions.RequestInformation, error) {
	message, body, flags := models.NewMessage(), models.NewItemBody(), models.NewSingleValueLegacyExtendedProperty()
	kind, read := models.TEXT_BODYTYPE, true
	body.SetContentType(&kind)
	body.SetContent(&r.Text)
	id, value := messageFlags, flagRead
	flags.SetId(&id)
	flags.SetValue(&value)
	message.SetSubject(&r.Subject)
	message.SetBody(body)
	message.SetInternetMessageId(&r.MessageID)
	message.SetIsRead(&read)
	message.SetFrom(recipient(r.Address))
	message.SetToRecipients([]models.Recipientable{recipient(r.Address)})
	message.SetSingleValueExtendedProperties([]models.SingleValueLegacyExtendedPropertyable{flags})
	return s.users().ByUserId(r.MailboxID).MailFolders().ByMailFolderId(clawback.InboxFolder).Messages().ToPostRequestInformation(ctx, message,
		&users.ItemMailFoldersItemMessagesRequestBuilderPostRequestConfiguration{Headers: preferImmutable()})
}

func recipient(address string) models.Recipientable {
	to, email := models.NewRecipient(), models.NewEmailAddress()
	email.SetAddress(&address)
	to.SetEmailAddress(email)
	return to
}

func (s *session) placeAnswer(reply reply) clawback.PlaceAnswer {
	answer := clawback.PlaceAnswer{Answer: mayHaveHappened(reply.Answer)}
	if reply.Kind != clawback.AnswerOK {
		return answer
	}
	err := decode(reply.body, models.CreateMessageFromDiscriminatorValue, func(m models.Messageable) error {
		answer.Copy = foundCopy(m)
		return nil
	})
	if err != nil || answer.Copy.ImmutableID == "" {
		answer.Answer = s.c.unknown(reply.Status, "The answer does not name the message that was made.")
	}
	return answer
}
