package transform

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// FieldError says that a field of a workload is not what the API server takes
// in its place. Line and Column are those of the node, 0 if unknown.
type FieldError struct {
	Workload string // kind/name
	Field    string // path within the object
	Line     int
	Column   int
	Message  string
}

func (e *FieldError) Error() string {
	message := e.Message
	for _, part := range []string{e.Field, e.Workload} {
		if part != "" {
			message = part + ": " + message
		}
	}
	return message
}

// RefusedError says that a transform was asked for something that would break
// a feature in use, and how to have it all the same.
type RefusedError struct {
	Workload string
	Feature  string // the name that --accept-degraded takes
	Line     int
	Message  string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: %s", e.Workload, e.Message)
}

func fieldError(workload, field string, n *yaml.Node, format string, args ...any) *FieldError {
	e := &FieldError{Workload: workload, Field: field, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Line, e.Column = n.Line, n.Column
	}
	return e
}

// Place returns the line and the column of the field.
func (e *FieldError) Place() (line, column int) { return e.Line, e.Column }

// Place returns the line of what turns the feature on.
func (e *RefusedError) Place() (line, column int) { return e.Line, 0 }
