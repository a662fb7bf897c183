// Package reach decides how far a path that a manifest names may lead. It follows links
// one by one, because the way of a path matters more than its end: a link into /proc
// shows another root than the path that is read in it.
//
// The package knows no manifest, and reads no file.
package reach
