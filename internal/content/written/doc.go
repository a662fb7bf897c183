// Package written keeps, in every folder that results go to, the list of what
// rescale-apply wrote there: which files, with which content, of which run and job. So it
// does where templates are rendered to, and where state files and local platforms are. The
// list says which files are no inputs of a pattern, whose a file is, and which files may
// be moved when a newer run's results arrive.
//
// It stands in a folder of its own (.rescale-results), which keeps itself out of git. A
// file is listed before it is written and is known by its content, so that the list is
// right whenever a process dies. What of it is damaged is kept as it is and told: a file
// that a lost line spoke of must not pass for a person's.
//
// The package knows no platform, and moves no results.
package written
