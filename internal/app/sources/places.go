package sources

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/place"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/spec/lock"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

// Places finds the folders and files that are the points of a matrix. It leaves out what
// would change the points whenever a job runs or is committed, as patterns of inputs do:
// results, the manifest's own texts, version control. It is not safe for concurrent use.
type Places struct {
	Contained bool // nothing outside of the manifest's repository is a point

	lists *written.Tree
}

// Find is a [places.Finder]. The errors are those of package content, and
// *[places.NoneError].
func (p *Places) Find(q places.Query) ([]places.Place, error) {
	if p.lists == nil {
		p.lists = written.NewTree()
	}
	search := p.search(q)
	var found []content.Folder
	var err error
	if q.Kind == places.Folders {
		found, err = search.Folders()
	} else {
		found, err = files(search)
	}
	if err != nil {
		return nil, explained(q, search, err)
	}
	kept := found
	if !literal(search.Pattern, found) {
		kept = slices.DeleteFunc(slices.Clone(found), func(f content.Folder) bool { return p.leavesOut(q, f) })
	}
	if len(kept) == 0 {
		return nil, &places.NoneError{
			Query: q, Reason: "what is there is hidden, a result, or the manifest's own",
			Advice: "write a path without wildcards to name one of them all the same",
		}
	}
	var list []places.Place
	for _, f := range withoutLinks(kept) {
		list = append(list, places.Place{Path: f.Rel, Begin: places.Begin(f.Rel, f.Below)})
	}
	return list, nil
}

func (p *Places) search(q places.Query) content.Search {
	s := content.Search{Dir: q.Dir, Pattern: strings.TrimPrefix(q.Pattern, "./")}
	if q.Kind == places.Folders && len(s.Pattern) > 1 {
		s.Pattern = strings.TrimSuffix(s.Pattern, "/")
	}
	if p.Contained {
		s.Reach = reach.Reach{Root: reach.Root(q.Dir)}
	}
	passed := strings.Split(filepath.ToSlash(content.Begin(s.Pattern)), "/")
	for _, name := range append(place.VersionControl(), ".rescale", written.Folder, written.Previous) {
		if !slices.Contains(passed, name) {
			s.Avoid = append(s.Avoid, name)
		}
	}
	return s
}

// files finds files. That one of them cannot be read is found out when it is an input.
func files(search content.Search) ([]content.Folder, error) {
	found, err := search.Find()
	list := make([]content.Folder, len(found.Files))
	for i, f := range found.Files {
		list[i] = content.Folder{Path: f.Path, Rel: f.Rel, Below: f.Below}
	}
	return list, err
}

// literal reports whether a pattern is the path of what it finds: a path means its file,
// whatever it is.
func literal(pattern string, found []content.Folder) bool {
	return len(found) == 1 && (found[0].Rel == path.Clean(pattern) || found[0].Path == filepath.Clean(filepath.FromSlash(pattern)))
}

// leavesOut reports whether a wildcard does not mean what it matches.
func (p *Places) leavesOut(q places.Query, f content.Folder) bool {
	if hidden(f.Below) {
		return true
	}
	if q.Kind == places.Folders {
		return p.onlyResults(f.Path)
	}
	own := func(name string) bool { return sameFile(name, f.Path) }
	return path.Base(f.Rel) == lock.Name || slices.ContainsFunc(q.Own, own) || p.lists.Trace(f.Path).Folder != ""
}

func sameFile(a, b string) bool {
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}

// onlyResults reports whether a folder has files, and this tool wrote all of them.
// Results can land beside inputs: such a folder stays a point. In the folder where results
// land by themselves, people leave plots and notes beside them.
func (p *Places) onlyResults(folder string) bool {
	some, all, usual := false, true, filepath.Base(folder) == "results"
	_ = filepath.WalkDir(throughLink(folder), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			all = false // nobody knows
		case entry.IsDir() && place.Reserved(entry.Name()):
			some = some || entry.Name() == written.Folder
			return fs.SkipDir
		case entry.IsDir():
		case p.lists.Trace(name).Folder == "":
			all = false
		default:
			some = true
		}
		if !all && (some || !usual) {
			return fs.SkipAll
		}
		return nil
	})
	return some && (all || usual)
}

// withoutLinks drops links to what is found under its own name: it would be paid for
// twice.
func withoutLinks(found []content.Folder) []content.Folder {
	own := make(map[string]bool, len(found))
	for _, f := range found {
		if reach.Real(f.Path) == reach.Real(filepath.Dir(f.Path))+string(filepath.Separator)+filepath.Base(f.Path) {
			own[reach.Real(f.Path)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(f content.Folder) bool {
		info, err := os.Lstat(f.Path)
		return err == nil && info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 && own[reach.Real(f.Path)]
	})
}

// explained says what an error means for a pattern of points.
func explained(q places.Query, search content.Search, err error) error {
	var none *content.NoMatchError
	var missing *content.NotFoundError
	var file *content.NotFolderError
	var folder *content.DirectoryError
	switch {
	case errors.As(err, &file):
		return &places.NoneError{Query: q, Reason: "it is a file", Advice: `write {files: "` + q.Pattern + `"}`}
	case errors.As(err, &folder):
		return &places.NoneError{Query: q, Reason: "it is a folder", Advice: `write {folders: "` + q.Pattern + `"}`}
	case errors.As(err, &none), errors.As(err, &missing):
	default:
		return err
	}
	found := nothing(q, search)
	if found.Reason == "" && none != nil && none.Ignored {
		found.Reason, found.Advice = ".rescaleignore may leave out what is there", "change the .rescaleignore, or write the path of one: that is always taken"
	}
	return found
}

// nothing says why there may be nothing: the other kind is there, or the folder is not.
func nothing(q places.Query, search content.Search) *places.NoneError {
	none := &places.NoneError{Query: q, Advice: "patterns start at the folder of the manifest; **/ goes into the folders below"}
	if found, err := files(search); q.Kind == places.Folders && err == nil && len(found) > 0 {
		none.Reason, none.Advice = "it matches files", `write {files: "`+q.Pattern+`"}`
		return none
	}
	if found, err := search.Folders(); q.Kind == places.Files && err == nil && len(found) > 0 {
		none.Reason, none.Advice = "it matches folders", `write {folders: "`+q.Pattern+`"}, or `+strings.TrimSuffix(q.Pattern, "/")+"/NAME for a file in each of them"
		return none
	}
	begin := content.Begin(search.Pattern)
	whole := begin
	if !filepath.IsAbs(begin) {
		whole = filepath.Join(q.Dir, begin)
	}
	if info, err := os.Stat(whole); err != nil || !info.IsDir() {
		none.Reason = "there is no folder " + filepath.ToSlash(begin)
	}
	return none
}
