package store

import (
	"context"

	"clawback"
)

// folderBatch is how many folders are named in one go.
const folderBatch = 200

// ListUnnamedFolders answers the next folders after one in which copies of the
// remediation lay and of which only the id is known.
func (s *Store) ListUnnamedFolders(ctx context.Context, remediationID string, after clawback.UnnamedFolder) ([]clawback.UnnamedFolder, error) {
	scan := func(row scanner) (clawback.UnnamedFolder, error) {
		var f clawback.UnnamedFolder
		err := row.Scan(&f.DeviceID, &f.MailboxID, &f.FolderID)
		return f, err
	}
	var folders []clawback.UnnamedFolder
	err := s.inRead(ctx, func(tx *Tx) error {
		var err error
		folders, err = all(tx, scan, `
			SELECT DISTINCT r.device_id, r.mailbox_id, c.folder_id
			FROM copies c JOIN records r ON r.id = c.record_id
			WHERE c.remediation_id = ? AND c.folder_name = '' AND c.folder_id <> '' AND (r.mailbox_id, c.folder_id) > (?, ?)
			ORDER BY r.mailbox_id, c.folder_id LIMIT ?`, remediationID, after.MailboxID, after.FolderID, folderBatch)
		return err
	})
	return folders, err
}

// SaveFolderNames keeps the names of folders, for the copies of the remediation
// that lay in them.
func (s *Store) SaveFolderNames(ctx context.Context, remediationID string, folders []clawback.UnnamedFolder, names []string) error {
	return s.inTx(ctx, func(tx *Tx) error {
		for i, folder := range folders {
			_, err := tx.exec(`UPDATE copies SET folder_name = ? WHERE folder_id = ?
				AND record_id IN (SELECT id FROM records WHERE remediation_id = ? AND device_id = ? AND mailbox_key = ?)`,
				names[i], folder.FolderID, remediationID, folder.DeviceID, folder.MailboxID)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
