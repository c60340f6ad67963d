// Package stream splits a stream of Kubernetes manifests into its documents
// without losing a byte, and looks at a document without parsing it.
package stream

import "bytes"

// Document is one document of a stream, separator included: the documents'
// texts one after the other are the stream.
type Document struct {
	Text  []byte // from the separator line, if there is one, to the next one
	Body  int    // where Text continues behind the separator line
	End   int    // where it ends for YAML: before a line `...`, or at its end
	Index int    // from 1, empty documents included
	Line  int    // of the stream, from 1, on which Text begins
}

// Split splits a stream at its separator lines: `---` at the beginning of a
// line, alone or before white space. In YAML that is a separator wherever it
// stands, within quotes and block scalars too, which are indented for that
// reason.
func Split(stream []byte) []Document { return split(stream, 0, 1) }

// split splits a part of a stream that begins on a line, behind index documents.
func split(stream []byte, index, line int) []Document {
	var docs []Document
	start := 0
	add := func(to int) {
		text := stream[start:to]
		docs = append(docs, Document{Text: text, Body: body(text), End: end(text), Index: index + len(docs) + 1, Line: line})
		line += bytes.Count(text, []byte("\n"))
		start = to
	}
	for at := 0; at < len(stream); {
		if at > start && isSeparator(stream[at:]) {
			add(at)
		}
		next := bytes.Index(stream[at:], []byte("\n---"))
		if next < 0 {
			break
		}
		at += next + 1
	}
	if start < len(stream) || len(docs) == 0 {
		add(len(stream))
	}
	return docs
}

var byteOrderMark = []byte("\ufeff")

// isSeparator says whether a line begins with a separator.
func isSeparator(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

// body is where the text goes on behind a separator line with nothing on it
// but a comment; with content on that line, it is 0.
func body(text []byte) int {
	mark := len(text) - len(bytes.TrimPrefix(text, byteOrderMark))
	if !isSeparator(text[mark:]) {
		return mark
	}
	line, _, found := bytes.Cut(text[mark:], []byte("\n"))
	rest := bytes.TrimSpace(line[3:])
	if len(rest) > 0 && rest[0] != '#' {
		return 0
	}
	if !found {
		return len(text)
	}
	return mark + len(line) + 1
}

// end is where a line `...` ends the document.
func end(text []byte) int {
	for at := 0; ; {
		next := bytes.Index(text[at:], []byte("\n..."))
		if next < 0 {
			return len(text)
		}
		at += next + 1
		if rest := text[at+3:]; len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0 {
			return at
		}
	}
}

// BodyLine is the line of the stream on which the body begins.
func (d Document) BodyLine() int {
	return d.Line + bytes.Count(d.Text[:d.Body], []byte("\n"))
}

// Empty says whether the document holds nothing but blank lines, comments and
// directives.
func (d Document) Empty() bool { return nothing(d.Text[d.Body:d.End]) }

// UTF16 says whether the document begins with a byte-order mark of UTF-16, which
// the libraries of Kubernetes split into documents only by chance.
func (d Document) UTF16() bool {
	return bytes.HasPrefix(d.Text, []byte("\xff\xfe")) || bytes.HasPrefix(d.Text, []byte("\xfe\xff"))
}

// Trailing is the line of the stream, or 0, on which something other than
// comments and directives stands behind the end mark `...` and no separator
// before it. The libraries of Kubernetes do not read it.
func (d Document) Trailing() int {
	_, rest, _ := bytes.Cut(d.Text[d.End:], []byte("\n"))
	if nothing(rest) {
		return 0
	}
	return d.Line + bytes.Count(d.Text[:d.End], []byte("\n")) + 1
}

func nothing(text []byte) bool {
	for len(text) > 0 {
		line := text
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		if !blankOrComment(line) && line[0] != '%' && !bytes.HasPrefix(line, []byte("...")) {
			return false
		}
	}
	return true
}

// Helm says which template a document is from: in a comment at its head, or,
// when Helm 4 hands it to a post-renderer, in an annotation.
var sourcePrefixes = [][]byte{[]byte("# Source:"), []byte("    postrenderer.helm.sh/postrender-filename:")}

// Source is the template that the document is from, as Helm says, or "".
func (d Document) Source() string {
	head := d.Text
	if len(head) > 4096 {
		head = head[:4096]
	}
	for line := range bytes.Lines(head) {
		for _, prefix := range sourcePrefixes {
			rest, found := bytes.CutPrefix(line, prefix)
			if name := bytes.Trim(rest, " '\"\r\n"); found && len(name) > 0 && !bytes.ContainsAny(name, " '\"") {
				return string(name)
			}
		}
	}
	return ""
}
