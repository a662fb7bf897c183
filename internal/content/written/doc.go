// Package written keeps, in every folder that results go to, the list of what
// rescale-apply wrote there: which files, with which content, of which run and job. It
// does the same where templates are rendered to, and where state files and local platforms
// are. The list says which files a pattern does not mean, which run a file belongs to, and
// which files may be moved when a newer run's results arrive.
//
// It is in a folder of its own (.rescale-results), which keeps itself out of git. A file
// is listed before it is written and is recognized by its content, so the list is right
// whenever a process dies. Damaged lines are kept and reported: a file that a lost line
// named must not pass for a person's.
//
// The package knows no platform, and moves no results.
package written
