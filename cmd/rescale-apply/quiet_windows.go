package main

// quiet has nothing to do: a console shows what is typed only when somebody reads it.
func quiet(int) (restore func()) { return func() {} }
