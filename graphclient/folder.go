package graphclient

import (
	"context"
	"fmt"
	"time"

	"clawback"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// FolderNames asks for the display names of folders, in the order of the
// requests: https://learn.microsoft.com/graph/api/mailfolder-get
func (c *Client) FolderNames(ctx context.Context, conn clawback.Connection, requests []clawback.FolderRequest) ([]clawback.FolderAnswer, error) {
	s, err := c.graphSession(conn, folderCall)
	if err != nil {
		return nil, err
	}
	answers := make([]clawback.FolderAnswer, len(requests))
	steps, of, err := s.folderSteps(ctx, requests, answers)
	if err != nil {
		return nil, err
	}
	replies, err := s.run(ctx, time.Time{}, steps)
	if err != nil {
		return nil, err
	}
	for i, reply := range replies {
		answers[of[i]] = c.folderAnswer(reply)
	}
	return answers, nil
}

func (s *session) folderSteps(ctx context.Context, requests []clawback.FolderRequest, answers []clawback.FolderAnswer) (steps []step, of []int, err error) {
	for i, r := range requests {
		if r.MailboxID == "" || r.FolderID == "" {
			answers[i].Answer = s.c.invalid("A mailbox and a folder are needed to name a folder.")
			continue
		}
		request, err := s.users().ByUserId(r.MailboxID).MailFolders().ByMailFolderId(r.FolderID).ToGetRequestInformation(ctx,
			&users.ItemMailFoldersMailFolderItemRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemMailFoldersMailFolderItemRequestBuilderGetQueryParameters{
					Select: []string{"id", "displayName"},
				},
			})
		if err != nil {
			return nil, nil, fmt.Errorf("ask for a folder: %w", err)
		}
		steps, of = append(steps, step{mailbox: r.MailboxID, request: request}), append(of, i)
	}
	return steps, of, nil
}

func (c *Client) folderAnswer(reply reply) clawback.FolderAnswer {
	answer := clawback.FolderAnswer{Answer: reply.Answer}
	if reply.Kind != clawback.AnswerOK {
		return answer
	}
	err := decode(reply.body, models.CreateMailFolderFromDiscriminatorValue, func(f models.MailFolderable) error {
		answer.Name = text(f.GetDisplayName())
		return nil
	})
	if err != nil || answer.Name == "" {
		answer.Answer = c.unknown(reply.Status, "The folder's name could not be read.")
	}
	return answer
}
