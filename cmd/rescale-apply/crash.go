package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/rescale-apply/rescale-apply/internal/app"
)

// catch runs the program and turns a panic into an error like any other: the runtime
// would exit with 2, which means that changes are pending.
func catch(stderr io.Writer, program func() int) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(stderr, "rescale-apply: this is a bug in the program itself: %v\n%s", cause, debug.Stack())
			fmt.Fprintln(stderr, "hint: please report it with the lines above; the state is consistent, run the same command again to continue")
			code = int(app.ExitError)
		}
	}()
	return program()
}

// abortOnCrash is for what nobody can catch: a panic in another goroutine, or an error
// of the runtime. On Unix the process then ends by SIGABRT, 134 in a shell, instead of
// with exit code 2. It leaves no core file behind, which would contain the API key.
func abortOnCrash() {
	noCore()
	debug.SetTraceback("crash")
}
