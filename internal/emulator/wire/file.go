package wire

import "github.com/rescale-apply/rescale-apply/internal/emulator/disk"

const bucket = "prod-emulator-platform"

// File renders a file object (§3.2). sharedWith are e-mails.
func (s Style) File(f *disk.File, sharedWith []string) map[string]any {
	out := object{
		"id":                   f.ID,
		"name":                 f.Name,
		"typeId":               f.TypeID,
		"dateUploaded":         s.date(f.Uploaded, zuluDate),
		"relativePath":         f.Rel,
		"path":                 f.StorageKey,
		"pathParts":            object{"path": f.StorageKey, "container": bucket},
		"storage":              Storage(),
		"decryptedSize":        f.Size,
		"encodedEncryptionKey": f.Key,
		"downloadUrl":          s.Base + "/api/v2/files/" + f.ID + "/contents/",
		"owner":                f.Owner,
		"sharedWith":           orEmpty(sharedWith),
		"isUploaded":           true,
		"isDeleted":            f.Deleted,
		"viewInBrowser":        f.Text,
		"md5":                  nil,
		"fileChecksums":        []object{},
	}
	if s.Checksums == AllChecksums || s.Checksums == OnlyMD5 {
		out["md5"] = orNull(f.MD5)
	}
	if s.Checksums == AllChecksums || s.Checksums == OnlySHA512 {
		out["fileChecksums"] = []object{{"hashFunction": "sha512", "fileHash": f.SHA512}}
	}
	if s.V3 {
		out["userTags"] = orEmpty(f.Tags)
	}
	return out
}

// Storage renders the platform's default storage.
func Storage() map[string]any {
	return object{
		"id":                 "sTorA",
		"storageType":        "S3Storage",
		"encryptionType":     "default",
		"connectionSettings": object{"region": "us-east-1"},
	}
}
