// Package ignore answers whether a file is left out by the ignore files of its folder
// tree, in the syntax of .gitignore (https://git-scm.com/docs/gitignore). A folder is
// left out as a whole: nothing in it comes back. Three things differ from git:
// characters count, not bytes; a link to a folder is a folder; and stars joined to
// letters, as in a**/b, are one star, which git's manual says and git does not do. The
// package knows no patterns of a manifest.
package ignore
