package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/datadog-harden/datadog-harden/internal/evidence"
)

// JSON is the evidence as it is, for programs. Its form is evidence.v1.json.
type JSON struct{}

// Write implements Format.
func (JSON) Write(w io.Writer, e *evidence.Evidence) error {
	var compact bytes.Buffer
	compact.Grow(1 << 16)
	encoder := json.NewEncoder(&compact)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return err
	}
	indented, direct := w.(*bytes.Buffer)
	if !direct {
		indented = &bytes.Buffer{}
	}
	indented.Grow(2 * compact.Len())
	if err := json.Indent(indented, compact.Bytes(), "", "  "); err != nil || direct {
		return err
	}
	_, err := indented.WriteTo(w)
	return err
}
