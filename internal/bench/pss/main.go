// Pss is a program with the transforms and the Pod Security Standards in it,
// which it uses only with an argument: without one it takes what starting with
// them takes.
package main

import (
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"

	"github.com/datadog-harden/datadog-harden/internal/pss"
	"github.com/datadog-harden/datadog-harden/transform"
)

func main() {
	if len(os.Args) > 1 {
		if err := evaluate(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func evaluate(version string) error {
	if _, err := transform.New(transform.Default()); err != nil {
		return err
	}
	standards, err := pss.New(version)
	if err != nil {
		return err
	}
	fmt.Println(standards.Evaluate(&corev1.PodTemplateSpec{}))
	return nil
}
