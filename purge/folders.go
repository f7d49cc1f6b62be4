package purge

import (
	"context"
	"fmt"

	"clawback"
)

// NameFolders asks for the names of the folders in which copies lay. It comes
// after the removal, which never waits for it; a name that can't be had is left
// out.
func (e *Engine) NameFolders(ctx context.Context, remediationID string) error {
	work, err := e.store.FindWork(ctx, remediationID)
	if err != nil {
		return fmt.Errorf("find work: %w", err)
	}
	var last clawback.UnnamedFolder
	for {
		folders, err := e.store.ListUnnamedFolders(ctx, remediationID, last)
		if err != nil {
			return fmt.Errorf("list folders: %w", err)
		}
		if len(folders) == 0 {
			return nil
		}
		for _, conn := range work.Connections {
			if err := e.nameFolders(ctx, remediationID, conn, foldersOf(conn.DeviceID, folders)); err != nil {
				return err
			}
		}
		last = folders[len(folders)-1]
	}
}

func foldersOf(deviceID string, folders []clawback.UnnamedFolder) []clawback.UnnamedFolder {
	var own []clawback.UnnamedFolder
	for _, folder := range folders {
		if folder.DeviceID == deviceID {
			own = append(own, folder)
		}
	}
	return own
}

func (e *Engine) nameFolders(ctx context.Context, remediationID string, conn clawback.Connection, folders []clawback.UnnamedFolder) error {
	if len(folders) == 0 {
		return nil
	}
	requests := make([]clawback.FolderRequest, len(folders))
	for i, folder := range folders {
		requests[i] = clawback.FolderRequest{MailboxID: folder.MailboxID, FolderID: folder.FolderID}
	}
	answers, err := e.microsoft.FolderNames(ctx, conn, requests)
	if err != nil {
		return fmt.Errorf("folder names: %w", err)
	}
	var named []clawback.UnnamedFolder
	var names []string
	for i, answer := range answers {
		if answer.Answer.Kind == clawback.AnswerOK && answer.Name != "" {
			named, names = append(named, folders[i]), append(names, answer.Name)
		}
	}
	if len(named) == 0 {
		return nil
	}
	return e.store.SaveFolderNames(ctx, remediationID, named, names)
}
