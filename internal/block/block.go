// Package block reads the YAML that charts are rendered to: block style, one
// value a line. It builds the tree that the YAML library builds, comments
// aside, in a quarter of the time and less, and declines every text that is not
// of the few forms it knows. Such a text is for the library. The tests hold it
// to the library, node by node, on renders of charts, on texts put together at
// random, and on what a fuzzer finds.
//
// What it knows, and why it reads it as the library does:
//
//   - The text is printable, has no line break but LF, and begins no line with
//     `---` or `...`. So a line is a line to YAML as well.
//   - Maps and lists in block style. The indentation of each line of content is
//     that of a block that is open, or that of a new one where a value is still
//     missing; anything else, which YAML might take for the continuation of a
//     scalar or refuse, is declined.
//   - Keys without quotes, made of letters, digits and `_./-`.
//   - Scalars on one line: without quotes, beginning with a character that has
//     no meaning to YAML, without `: ` in them; in quotes, with the escapes
//     \\, \" and \n. Lines that are indented more than the block a scalar
//     without quotes stands in, and that follow it at once, are folded into it.
//   - Literal scalars (`|`, `|-`) whose first line is not blank.
//   - Lists and maps in flow style on one line, of scalars made of letters,
//     digits and `_./=$%@+*-`, or in quotes, and empty ones.
//   - Comments, which are passed over.
//
// There are no anchors, aliases, tags, merge keys and directives, since none of
// these begins with a character that a key or a scalar may begin with here.
package block

import (
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Memory holds trees. Its zero value is ready for use.
type Memory struct {
	nodes    slab[yaml.Node]
	pointers slab[*yaml.Node]
	open     []*yaml.Node // the content of what is being read, from the outside in
}

// Reset lets the memory of all trees read so far be used again.
func (m *Memory) Reset() {
	m.nodes.reset()
	m.pointers.reset()
}

// Read returns the tree of a text, its lines counted from 1 + shift, or nil if
// the text is none for this package. The tree has no comments.
func (m *Memory) Read(text string, shift int) *yaml.Node {
	ascii, ok := printable(text)
	if !ok {
		return nil
	}
	m.open = m.open[:0]
	m.nodes.size = min(len(text)/bytesPerNode+8, 256)
	m.pointers.size = m.nodes.size
	r := &reader{Memory: m, text: text, ascii: ascii, line: shift}
	r.next(-1)
	if r.indent() < 0 {
		return nil
	}
	doc := r.node(yaml.DocumentNode, "", r.at)
	root := r.block(0)
	if root == nil || r.indent() >= 0 {
		return nil
	}
	r.open = append(r.open[:0], root)
	doc.Content = r.close(0)
	return doc
}

// bytesPerNode is about how much text a node takes up in manifests.
const bytesPerNode = 16

// maxDepth bounds blocks within blocks. The library bounds them too, further out.
const maxDepth = 200

// reader is at a line with content, or behind the last one. Its methods return
// nil for what they decline, and the reader is then of no more use.
type reader struct {
	*Memory
	text  string
	ascii bool
	line  int // its number
	start int // where the line begins
	at    int // where its content begins

	counted, count int // see characters
}

// indent is the column, from 0, at which the line's content begins; -1 behind
// the last line.
func (r *reader) indent() int { return r.at - r.start }

// next moves on to the next line with content behind the line break at end.
func (r *reader) next(end int) {
	for end < len(r.text) {
		start := end + 1
		at := start
		for at < len(r.text) && r.text[at] == ' ' {
			at++
		}
		if at == len(r.text) {
			break
		}
		r.line++
		switch r.text[at] {
		case '\n':
			end = at
		case '#':
			end = r.lineEnd(at)
		default:
			r.start, r.at = start, at
			return
		}
	}
	r.start, r.at = len(r.text)+1, len(r.text)
}

func (r *reader) lineEnd(at int) int {
	if n := strings.IndexByte(r.text[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(r.text)
}

// node makes a node that begins at an offset of the line.
func (r *reader) node(kind yaml.Kind, tag string, at int) *yaml.Node {
	n := &r.nodes.take(1)[0]
	*n = yaml.Node{Kind: kind, Tag: tag, Line: r.line, Column: at - r.start + 1}
	if !r.ascii {
		n.Column = r.characters(at) + 1
	}
	return n
}

// characters counts the characters of the line before an offset, from where it
// counted last.
func (r *reader) characters(at int) int {
	if r.counted < r.start || r.counted > at {
		r.counted, r.count = r.start, 0
	}
	r.count += utf8.RuneCountInString(r.text[r.counted:at])
	r.counted = at
	return r.count
}

// close returns what was opened behind from.
func (r *reader) close(from int) []*yaml.Node {
	content := r.pointers.take(len(r.open) - from)
	copy(content, r.open[from:])
	r.open = r.open[:from]
	return content
}

// below reads a value that begins the line, in a block at a column.
func (r *reader) below(column, depth int) *yaml.Node {
	if r.dash(r.at) || r.keyEnd(r.at) >= 0 {
		return r.block(depth)
	}
	return r.inline(r.at, column)
}

// block reads the map or list that begins the line.
func (r *reader) block(depth int) *yaml.Node {
	if r.dash(r.at) {
		return r.list(r.at, depth)
	}
	return r.mapping(r.at, depth)
}

// dash says whether an item of a list begins at an offset.
func (r *reader) dash(at int) bool {
	return at < len(r.text) && r.text[at] == '-' && r.blank(at+1)
}

// blank says whether a space or the line's end is at an offset.
func (r *reader) blank(at int) bool {
	return at >= len(r.text) || r.text[at] == ' ' || r.text[at] == '\n'
}

// mapping reads a map whose first key is at an offset of the line, behind the
// dash of an item perhaps.
func (r *reader) mapping(at, depth int) *yaml.Node {
	if depth > maxDepth {
		return nil
	}
	column := at - r.start
	m := r.node(yaml.MappingNode, yaml.NodeTagMap, at)
	from := len(r.open)
	for {
		end := r.keyEnd(at)
		if end < 0 {
			return nil
		}
		key := r.plainScalar(r.node(yaml.ScalarNode, "", at), r.text[at:end])
		value := r.value(end+1, column, depth)
		if value == nil || r.indent() > column {
			return nil
		}
		r.open = append(r.open, key, value)
		if r.indent() < column {
			break
		}
		at = r.at
	}
	m.Content = r.close(from)
	return m
}

// keyEnd is where the colon behind the key at an offset is, or -1.
func (r *reader) keyEnd(at int) int {
	if at >= len(r.text) || class[r.text[at]]&keyFirst == 0 {
		return -1
	}
	end := at
	for end < len(r.text) && class[r.text[end]]&keyRest != 0 {
		end++
	}
	const libraryLimit = 1024 // of a key
	if end >= len(r.text) || r.text[end] != ':' || !r.blank(end+1) || end-at >= libraryLimit {
		return -1
	}
	return end
}

// value reads what stands behind a key's colon, or on the lines below, in a map
// at a column.
func (r *reader) value(at, column, depth int) *yaml.Node {
	begin := r.skipSpaces(at)
	if begin < len(r.text) && r.text[begin] != '\n' && r.text[begin] != '#' {
		return r.inline(begin, column)
	}
	empty := r.node(yaml.ScalarNode, yaml.NodeTagNull, at)
	r.next(r.lineEnd(begin))
	switch {
	case r.indent() > column:
		return r.below(column, depth+1)
	case r.indent() == column && r.dash(r.at):
		return r.list(r.at, depth+1)
	}
	return empty
}

// list reads a list whose first dash is at an offset of the line.
func (r *reader) list(at, depth int) *yaml.Node {
	if depth > maxDepth {
		return nil
	}
	column := at - r.start
	l := r.node(yaml.SequenceNode, yaml.NodeTagSeq, at)
	from := len(r.open)
	for {
		item := r.item(at, column, depth)
		if item == nil || r.indent() > column {
			return nil
		}
		r.open = append(r.open, item)
		if r.indent() < column || !r.dash(r.at) {
			break
		}
		at = r.at
	}
	l.Content = r.close(from)
	return l
}

// item reads what stands behind the dash at an offset.
func (r *reader) item(at, column, depth int) *yaml.Node {
	begin := r.skipSpaces(at + 1)
	switch {
	case begin >= len(r.text):
		return nil
	case r.text[begin] == '\n', r.text[begin] == '#':
		if r.next(r.lineEnd(begin)); r.indent() <= column {
			return nil
		}
		return r.below(column, depth+1)
	case r.dash(begin):
		return r.list(begin, depth+1)
	case r.keyEnd(begin) >= 0:
		return r.mapping(begin, depth+1)
	}
	return r.inline(begin, column)
}

func (r *reader) skipSpaces(at int) int {
	for at < len(r.text) && r.text[at] == ' ' {
		at++
	}
	return at
}

// inline reads a value that begins at an offset of the line, in a block at a
// column, and moves on behind it.
func (r *reader) inline(at, column int) *yaml.Node {
	if r.text[at] == '|' {
		return r.literal(at, column)
	}
	var n *yaml.Node
	var end int
	switch r.text[at] {
	case '"', '\'':
		n, end = r.quoted(at)
	case '[', '{':
		n, end = r.flow(at)
	default:
		n, end = r.plain(at, column)
	}
	if n == nil {
		return nil
	}
	rest := r.skipSpaces(end)
	if rest < len(r.text) && r.text[rest] != '\n' && (r.text[rest] != '#' || rest == end) {
		return nil
	}
	r.next(r.lineEnd(rest))
	return n
}

// plain reads a scalar without quotes.
func (r *reader) plain(at, column int) (*yaml.Node, int) {
	if first := class[r.text[at]]; first&plainFirst == 0 && !(r.text[at] == '-' && !r.blank(at+1)) {
		return nil, 0
	}
	n := r.node(yaml.ScalarNode, "", at)
	value, end, ok := r.plainLine(at)
	if ok && r.continues(end, column) {
		var folded strings.Builder
		folded.WriteString(value)
		for ok && r.continues(end, column) {
			r.next(r.lineEnd(end))
			value, end, ok = r.plainLine(r.at)
			folded.WriteByte(' ')
			folded.WriteString(value)
		}
		value = folded.String()
	}
	if !ok {
		return nil, 0
	}
	return r.plainScalar(n, value), end
}

// plainLine is what a line holds of a scalar without quotes.
func (r *reader) plainLine(at int) (value string, end int, ok bool) {
	value = r.text[at:r.lineEnd(at)]
	if comment := strings.Index(value, " #"); comment >= 0 {
		value = value[:comment]
	}
	value = strings.TrimRight(value, " ")
	for i := 0; i < len(value); i++ {
		if value[i] == '\t' || value[i] == ':' && (i+1 == len(value) || value[i+1] == ' ') {
			return "", 0, false
		}
	}
	return value, at + len(value), true
}

// continues says whether a scalar without quotes goes on on the line behind
// the one on which it ended: no comment ended it, and that line is indented.
func (r *reader) continues(end, column int) bool {
	end = r.skipSpaces(end)
	if end >= len(r.text) || r.text[end] != '\n' {
		return false
	}
	at := r.skipSpaces(end + 1)
	return at < len(r.text) && at-end-1 > column && r.text[at] != '\n' && r.text[at] != '#'
}

// plainScalar gives a scalar without quotes its value, and the tag that the
// library finds for it.
func (r *reader) plainScalar(n *yaml.Node, value string) *yaml.Node {
	n.Value = value
	if n.Tag = yaml.NodeTagString; !certainString(value) {
		n.Tag = ""
		n.Tag = n.ShortTag()
	}
	return n
}

// certainString says whether a scalar without quotes is a string at the first
// glance: it begins with a letter, and is longer than `false` or cannot be
// `null`, `true` or `false`.
func certainString(s string) bool {
	return class[s[0]]&letter != 0 && (len(s) > len("false") || strings.IndexByte("nNtTfF", s[0]) < 0)
}

// quoted reads a scalar in quotes.
func (r *reader) quoted(at int) (*yaml.Node, int) {
	n := r.node(yaml.ScalarNode, yaml.NodeTagString, at)
	n.Style = yaml.SingleQuotedStyle
	quote := r.text[at]
	if quote == '"' {
		n.Style = yaml.DoubleQuotedStyle
	}
	var unescaped strings.Builder
	from := at + 1 // of what is not in unescaped yet
	for i := from; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '\n', c == '\t':
			return nil, 0
		case c == '\\' && quote == '"':
			if i++; i == len(r.text) || escapes[r.text[i]] == 0 {
				return nil, 0
			}
			unescaped.WriteString(r.text[from : i-1])
			unescaped.WriteByte(escapes[r.text[i]])
			from = i + 1
		case c == quote && quote == '\'' && i+1 < len(r.text) && r.text[i+1] == quote:
			i++
			unescaped.WriteString(r.text[from:i])
			from = i + 1
		case c == quote:
			n.Value = r.text[from:i]
			if unescaped.Len() > 0 {
				n.Value = unescaped.String() + n.Value
			}
			return n, i + 1
		}
	}
	return nil, 0
}

var escapes = [256]byte{'\\': '\\', '"': '"', 'n': '\n'}

// flow reads a list or a map in flow style, of scalars.
func (r *reader) flow(at int) (*yaml.Node, int) {
	n, closing := r.node(yaml.SequenceNode, yaml.NodeTagSeq, at), byte(']')
	if r.text[at] == '{' {
		n.Kind, n.Tag, closing = yaml.MappingNode, yaml.NodeTagMap, '}'
	}
	n.Style = yaml.FlowStyle
	from := len(r.open)
	for i := r.skipSpaces(at + 1); i < len(r.text); i = r.skipSpaces(i + 1) {
		if r.text[i] == closing && len(r.open) == from {
			return n, i + 1
		}
		if n.Kind == yaml.MappingNode {
			if i = r.flowScalar(i); i < 0 || i+1 >= len(r.text) || r.text[i] != ':' || r.text[i+1] != ' ' {
				return nil, 0
			}
			i = r.skipSpaces(i + 1)
		}
		if i = r.flowScalar(i); i < 0 {
			return nil, 0
		}
		i = r.skipSpaces(i)
		switch {
		case i < len(r.text) && r.text[i] == closing:
			n.Content = r.close(from)
			return n, i + 1
		case i >= len(r.text) || r.text[i] != ',' || !r.blank(i+1) && r.text[i+1] != '"':
			return nil, 0
		case r.text[r.skipSpaces(i+1)%len(r.text)] == closing:
			return nil, 0 // a comma behind the last value
		}
	}
	return nil, 0
}

// flowScalar adds the scalar at an offset to what is open, and returns where it
// ends, or -1.
func (r *reader) flowScalar(at int) int {
	if at >= len(r.text) {
		return -1
	}
	var n *yaml.Node
	end := at
	if r.text[at] == '"' || r.text[at] == '\'' {
		n, end = r.quoted(at)
	} else if class[r.text[at]]&keyFirst != 0 || r.text[at] == '-' {
		for end < len(r.text) && class[r.text[end]]&flowRest != 0 {
			end++
		}
		if end > at+1 || r.text[at] != '-' {
			n = r.plainScalar(r.node(yaml.ScalarNode, "", at), r.text[at:end])
		}
	}
	if n == nil {
		return -1
	}
	r.open = append(r.open, n)
	return end
}

// literal reads a literal scalar.
func (r *reader) literal(at, column int) *yaml.Node {
	n := r.node(yaml.ScalarNode, yaml.NodeTagString, at)
	n.Style = yaml.LiteralStyle
	end := r.lineEnd(at)
	strip := false
	switch strings.TrimRight(r.text[at:end], " ") {
	case "|":
	case "|-":
		strip = true
	default:
		return nil
	}
	first := r.skipSpaces(end + 1)
	indent := first - end - 1
	if first >= len(r.text) || r.text[first] == '\n' || r.text[first] == '\t' || indent <= column {
		return nil
	}
	var value strings.Builder
	blank := 0 // line breaks that count if more content follows
	for end < len(r.text) {
		start := end + 1
		begin := start
		for begin < len(r.text) && begin-start < indent && r.text[begin] == ' ' {
			begin++
		}
		switch {
		case begin >= len(r.text) && begin > start:
			return nil // spaces at the very end
		case begin >= len(r.text):
			end = begin
			continue
		case r.text[begin] == '\n':
			blank++
			end = begin
			r.line++
			continue
		case begin-start < indent && r.text[begin] == '\t':
			return nil
		}
		if begin-start < indent {
			break
		}
		for ; blank > 0; blank-- {
			value.WriteByte('\n')
		}
		if end = r.lineEnd(begin); end == len(r.text) {
			return nil // without a line break, which chomping asks for
		}
		value.WriteString(r.text[begin : end+1])
		r.line++
	}
	n.Value = value.String()
	if strip {
		n.Value = strings.TrimSuffix(n.Value, "\n")
	}
	r.next(end)
	return n
}
