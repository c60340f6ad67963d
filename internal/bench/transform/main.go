// Transform is a program with the transforms in it, which it uses only with an
// argument: without one it takes what starting with them takes.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/transform"
)

func main() {
	if len(os.Args) > 1 {
		if err := harden(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func harden(text string) error {
	pipeline, err := transform.New(transform.Default())
	if err != nil {
		return err
	}
	node, err := yaml.Parse(text)
	if err != nil {
		return err
	}
	_, err = pipeline.Filter([]*yaml.RNode{node})
	return err
}
