package doctor

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func fileChecks() []check {
	return []check{
		{"upload", "a file is stored whole", checkUpload},
		{"checksum", "a file shows the SHA-512 of its content", checkSum},
		{"search", "a search by name finds a new file", checkSearch},
		{"file type", "an upload is stored with the type that it asks for", checkType},
	}
}

func checkUpload(ctx context.Context, v *visit) (finding, error) {
	f, err := v.upload(ctx, ".txt", 0)
	if err != nil {
		return finding{}, err
	}
	read, err := v.Platform.File(ctx, f.ID)
	if err != nil {
		return finding{}, err
	}
	switch size := int64(len(f.content)); {
	case read.Name != f.Name || read.Name != v.fileLabel()+".txt":
		return matters("under another name", "inputs arrive in a job by their names")
	case read.Size != size:
		return matters(fmt.Sprintf("%d bytes instead of %d", read.Size, size), "an upload whose size differs counts as failed")
	case !read.Complete:
		return harmless("not complete at once", "an upload of which no checksum is known is sent again")
	}
	return fine("whole")
}

func checkSum(ctx context.Context, v *visit) (finding, error) {
	f, err := v.file(0)
	if err != nil {
		return finding{}, err
	}
	var read rescale.File
	took, shown, err := late(ctx, func() (bool, error) {
		var err error
		read, err = v.Platform.File(ctx, f.ID)
		return read.SHA512 != "", err
	})
	if err != nil {
		return finding{}, err
	}
	sum := sha512.Sum512([]byte(f.content))
	switch {
	case !shown && read.MD5 != "":
		return harmless("only MD5", "contents cannot be compared: an input that is on the platform is uploaded again by each machine")
	case !shown:
		return harmless(fmt.Sprintf("none within %v", took), "contents cannot be compared: an input that is on the platform is uploaded again by each machine")
	case read.SHA512 != hex.EncodeToString(sum[:]):
		return matters("of something else", "every upload and download would count as damaged")
	case took > soon:
		return harmless(after(took), "another machine may upload an input again meanwhile")
	}
	return fine("at once")
}

func checkSearch(ctx context.Context, v *visit) (finding, error) {
	f, err := v.file(0)
	if err != nil {
		return finding{}, err
	}
	took, seen, err := late(ctx, func() (bool, error) {
		found := false
		err := v.Platform.Files(ctx, f.Name, func(other rescale.File) bool {
			found = other.ID == f.ID
			return !found
		})
		return found, err
	})
	switch {
	case err != nil:
		return finding{}, err
	case !seen:
		return harmless(fmt.Sprintf("not within %v", took), "an input that is on the platform is uploaded again by each machine")
	case took > soon:
		return harmless(after(took), "another machine may upload an input again meanwhile")
	}
	return fine("at once")
}

func checkType(ctx context.Context, v *visit) (finding, error) {
	f, err := v.upload(ctx, ".sh", rescale.ScriptFile)
	if err != nil {
		return finding{}, err
	}
	read, err := v.Platform.File(ctx, f.ID)
	switch {
	case err != nil:
		return finding{}, err
	case read.Type != rescale.ScriptFile:
		return matters(fmt.Sprintf("type %d instead of %d, also after a change", read.Type, rescale.ScriptFile), "scripts before and after a command may be refused")
	case f.Type != rescale.ScriptFile:
		return harmless("only after a change", "the type is changed after each upload")
	}
	return fine("with its type")
}

// checkFileDelete looks at what is known of a file that was deleted.
func checkFileDelete(ctx context.Context, v *visit) (finding, error) {
	f, err := v.file(1)
	if err != nil {
		return finding{}, err
	}
	if err := v.change(ctx, func() error { return v.Platform.DeleteFile(ctx, f.ID) }); err != nil {
		return finding{}, err
	}
	f.gone = true
	read, err := v.Platform.File(ctx, f.ID)
	switch {
	case patience.NotFound(err):
		return fine("404")
	case err != nil:
		return finding{}, err
	case read.Deleted:
		return fine("marked as deleted")
	}
	return harmless("shown as before", "a deleted file may be taken for an input; the submit is refused then")
}

// checkInputs looks at what a stored draft says of its input files.
func checkInputs(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(0)
	if err != nil {
		return finding{}, err
	}
	f, err := v.file(0)
	if err != nil {
		return finding{}, err
	}
	job, err := v.Platform.Job(ctx, d.ID)
	if err != nil {
		return finding{}, err
	}
	if len(job.Tiles) != 1 || len(job.Tiles[0].InputFiles) != 1 || job.Tiles[0].InputFiles[0].ID != f.ID {
		return matters("other files than were sent", "a run may not get its inputs")
	}
	const why = "without its journal, a change of the inputs cannot be named"
	var missing []string
	shown := job.Tiles[0].InputFiles[0]
	if shown.SHA512 == "" {
		missing = append(missing, "checksum")
	}
	if shown.Decompress == nil {
		missing = append(missing, "decompress")
	}
	if len(missing) > 0 {
		return harmless("without "+strings.Join(missing, " and "), why)
	}
	return fine("with name, checksum and decompress")
}
