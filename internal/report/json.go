package report

import (
	"encoding/json"
	"io"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
)

// JSON is the evidence as it is, for programs. Its form is evidence.v1.json.
type JSON struct{}

// Write implements Format.
func (JSON) Write(w io.Writer, e *evidence.Evidence) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(e)
}
