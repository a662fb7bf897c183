// The command hello does the least that a program with the same command line library
// can do: the yardstick of BenchmarkStart.
package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"
)

func main() {
	app := &cli.App{Name: "hello", Action: func(*cli.Context) error {
		_, err := fmt.Println("hello")
		return err
	}}
	if err := app.Run(os.Args); err != nil {
		os.Exit(1)
	}
}
