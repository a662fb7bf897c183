// Package doe renders what a design of experiments is made of: the table of runs, and templates in the part of
// FreeMarker that the platform documents (rescale-api.md §14, A9): ${x}, number formats such as ${x?string("0.00##")},
// and a few more built-ins. Whatever else FreeMarker knows is refused, never passed through. The package knows nothing
// of jobs, files or HTTP.
package doe
