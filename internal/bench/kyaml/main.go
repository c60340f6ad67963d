// Kyaml is a program with kyaml's documents in it, which it uses only with an
// argument: without one it takes what starting with them takes.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println(yaml.Parse(os.Args[1]))
	}
}
