package edit

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// editor collects edits of a text.
type editor struct {
	text  string
	shift int   // of the lines of the tree that is meant
	lines []int // where each line begins; one more for the end
	edits []change
}

// change replaces text[start:end].
type change struct {
	start, end int
	text       string
}

// newEditor returns nil if YAML counts the lines of the text otherwise than by
// their line feeds.
func newEditor(text string, shift int) *editor {
	if strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		return nil
	}
	for _, lineBreak := range []string{"\u0085", "\u2028", "\u2029"} {
		if strings.Contains(text, lineBreak) {
			return nil
		}
	}
	e := &editor{text: text, shift: shift, lines: make([]int, 1, 1+strings.Count(text, "\n"))}
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
		e.lines = append(e.lines, i)
	}
	if e.lines[len(e.lines)-1] != len(text) {
		e.lines = append(e.lines, len(text))
	}
	return e
}

// offset is where a node begins. Columns count characters.
func (e *editor) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line >= len(e.lines) {
		return -1
	}
	at := e.lines[n.Line-1]
	if n.Line == 1 && strings.HasPrefix(e.text, "\ufeff") {
		at += len("\ufeff")
	}
	for c := 1; c < n.Column; c++ {
		if at >= len(e.text) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(e.text[at:])
		at += size
	}
	return at
}

// lineEnd is the offset of the end of a line (counted from 1), its line break
// included.
func (e *editor) lineEnd(line int) int { return e.lines[min(line, len(e.lines)-1)] }

func (e *editor) line(line int) string {
	return strings.TrimRight(e.text[e.lines[line-1]:e.lineEnd(line)], "\r\n")
}

func (e *editor) replace(start, end int, text string) {
	e.edits = append(e.edits, change{start, end, text})
}

// insertLines puts whole lines behind a line.
func (e *editor) insertLines(behind int, lines string) {
	at := e.lineEnd(behind)
	if strings.Contains(e.text, "\r\n") {
		lines = strings.ReplaceAll(lines, "\n", "\r\n")
	}
	if at > 0 && e.text[at-1] != '\n' {
		lines = "\n" + strings.TrimRight(lines, "\r\n")
	}
	e.replace(at, at, lines)
}

func (e *editor) apply() (string, error) {
	slices.SortStableFunc(e.edits, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	var out strings.Builder
	out.Grow(len(e.text) + e.added())
	at := 0
	for _, c := range e.edits {
		if c.start < at {
			return "", errForm // edits that overlap
		}
		out.WriteString(e.text[at:c.start])
		out.WriteString(c.text)
		at = c.end
	}
	out.WriteString(e.text[at:])
	return out.String(), nil
}

// added is how much text the edits bring, at most.
func (e *editor) added() int {
	n := 0
	for _, c := range e.edits {
		n += len(c.text)
	}
	return n
}

// same says whether b is a as it was read.
func (e *editor) same(a, b *yaml.Node) bool { return e.at(a, b) && equal(a, b) }

// at says whether b stands where a was read.
func (e *editor) at(a, b *yaml.Node) bool {
	return a.Line+e.shift == b.Line && a.Column == b.Column
}

// compare adds the edits that lead from a to b.
func (e *editor) compare(a, b *yaml.Node) error {
	switch {
	case e.same(a, b):
		return nil
	case a.Kind == yaml.DocumentNode && b.Kind == yaml.DocumentNode:
		return e.compare(a.Content[0], b.Content[0])
	case a.Kind == yaml.ScalarNode && b.Kind == yaml.ScalarNode:
		return e.scalar(a, b)
	case a.Kind != b.Kind || a.Style&yaml.FlowStyle != 0 || len(b.Content) == 0:
		return errForm
	case a.Kind == yaml.MappingNode:
		return e.mapping(a, b)
	case a.Kind == yaml.SequenceNode:
		return e.sequence(a, b)
	}
	return errForm
}

func (e *editor) scalar(a, b *yaml.Node) error {
	start := e.offset(a)
	end := e.scalarEnd(a, start)
	if start < 0 || end < 0 || start == end {
		return errForm
	}
	text, err := render(b)
	if err != nil || strings.Contains(text, "\n") {
		return errForm
	}
	e.replace(start, end, text)
	return nil
}

// scalarEnd is where a scalar on one line ends, or -1.
func (e *editor) scalarEnd(n *yaml.Node, start int) int {
	if start < 0 || n.Style&yaml.TaggedStyle != 0 || n.Anchor != "" {
		return -1
	}
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0, n.Style&yaml.SingleQuotedStyle != 0:
		return quoteEnd(e.text, start, e.lineEnd(n.Line))
	case plain(n):
		if end := start + len(n.Value); end <= len(e.text) && e.text[start:end] == n.Value {
			return end
		}
	}
	return -1
}

// quoteEnd is behind the quote that closes the one at start, before limit.
func quoteEnd(text string, start, limit int) int {
	if start >= len(text) {
		return -1
	}
	quote := text[start]
	for i := start + 1; i < limit; i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && quote == '\'' && i+1 < limit && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return -1
}

// mapping adds the edits of a block mapping: entries gone, changed and new.
func (e *editor) mapping(a, b *yaml.Node) error {
	column := a.Column - 1
	behind := a.Line // the last line of the entry that new ones go behind
	next := 0        // of b
	for i := 0; i+1 < len(a.Content); i += 2 {
		key, value := a.Content[i], a.Content[i+1]
		last := e.lastLine(key, value, column)
		if last < 0 {
			return errForm
		}
		if next >= len(b.Content) || !e.at(key, b.Content[next]) {
			if err := e.removeEntry(a, i, last); err != nil {
				return err
			}
		} else {
			if err := e.compare(key, b.Content[next]); err != nil {
				return err
			}
			if err := e.entry(key, value, b.Content[next+1], column); err != nil {
				return err
			}
			next += 2
		}
		behind = last
	}
	return e.appendEntries(b.Content[next:], column, behind)
}

func (e *editor) appendEntries(entries []*yaml.Node, column, behind int) error {
	if len(entries) == 0 {
		return nil
	}
	if entries[0].Line != 0 {
		return errForm // an entry that was there before, in another place
	}
	text, err := renderBlock(&yaml.Node{Kind: yaml.MappingNode, Content: entries}, column)
	if err != nil {
		return err
	}
	e.insertLines(behind, text)
	return nil
}

// entry compares the values of a key.
func (e *editor) entry(key, a, b *yaml.Node, column int) error {
	if e.same(a, b) {
		return nil
	}
	if isEmpty(a) && b.Kind != yaml.ScalarNode && len(b.Content) > 0 {
		return e.fill(key, a, b, column)
	}
	if isEmpty(b) && b.Kind != yaml.ScalarNode && a.Kind != yaml.ScalarNode && a.Style&yaml.FlowStyle == 0 {
		return e.collapse(key, a, b, column)
	}
	if isEmpty(a) && a.Value == "" && b.Kind == yaml.ScalarNode {
		return e.say(key, b)
	}
	return e.compare(a, b)
}

// say puts a scalar behind a key that has no value.
func (e *editor) say(key, b *yaml.Node) error {
	text, err := render(b)
	end := e.scalarEnd(key, e.offset(key))
	if err != nil || strings.Contains(text, "\n") || end < 0 || end >= len(e.text) || e.text[end] != ':' {
		return errForm
	}
	e.replace(end+1, end+1, " "+text)
	return nil
}

// collapse puts {} or [] in the place of a block.
func (e *editor) collapse(key, a, b *yaml.Node, column int) error {
	text, err := render(b)
	last := e.lastLine(key, a, column)
	end := e.scalarEnd(key, e.offset(key))
	if err != nil || last < 0 || end < 0 || strings.TrimSpace(e.text[end:e.lineEnd(key.Line)]) != ":" {
		return errForm
	}
	lineEnd := e.lines[key.Line-1] + len(e.line(key.Line))
	e.replace(end+1, lineEnd, " "+text)
	e.replace(e.lineEnd(key.Line), e.lineEnd(last), "")
	return nil
}

// isEmpty says whether a value is null, {} or [].
func isEmpty(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return n.ShortTag() == yaml.NodeTagNull && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0
	}
	return len(n.Content) == 0 && n.Style&yaml.FlowStyle != 0 && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0
}

// fill puts a block in the place of an empty value.
func (e *editor) fill(key, a, b *yaml.Node, column int) error {
	block := *b
	block.HeadComment, block.LineComment, block.FootComment = "", "", ""
	text, err := renderBlock(&block, column+2)
	if err != nil {
		return err
	}
	start := e.offset(a)
	if a.Kind == yaml.ScalarNode && a.Value == "" {
		e.insertLines(key.Line, text)
		return nil
	}
	end := start + len(a.Value)
	if a.Kind != yaml.ScalarNode {
		closed := strings.IndexAny(e.text[start:], "}]")
		if closed < 0 || strings.ContainsAny(e.text[start:start+closed], "#\n") {
			return errForm
		}
		end = start + closed + 1
	}
	if a.Line != key.Line {
		// The value has a line of its own: the block takes its place.
		if strings.TrimSpace(e.line(a.Line)) != e.text[start:end] {
			return errForm
		}
		e.replace(e.lines[a.Line-1], e.lineEnd(a.Line), "")
		e.insertLines(a.Line, text)
		return nil
	}
	for start > 0 && e.text[start-1] == ' ' {
		start--
	}
	e.replace(start, end, "")
	e.insertLines(a.Line, text)
	return nil
}

// removeEntry takes out the entry at i of a block mapping, up to its last line.
func (e *editor) removeEntry(m *yaml.Node, i, last int) error {
	key := m.Content[i]
	start := e.offset(key)
	lineStart := e.lines[key.Line-1]
	if strings.TrimLeft(e.text[lineStart:start], " ") == "" {
		e.replace(lineStart, e.lineEnd(last), "")
		return nil
	}
	// The first key of a list's item stands behind the dash: the next key
	// moves up to it, unless something stands between the two.
	if i+2 >= len(m.Content) || m.Content[i+2].Line != last+1 {
		return errForm
	}
	e.replace(start, e.offset(m.Content[i+2]), "")
	return nil
}

// sequence adds the edits of a block sequence: items gone, changed and new.
func (e *editor) sequence(a, b *yaml.Node) error {
	column := a.Column - 1
	behind := a.Line - 1 // the last line of the item that new ones go behind
	next := 0            // of b
	insert := func() error {
		from := next
		for next < len(b.Content) && b.Content[next].Line == 0 {
			next++
		}
		if from == next {
			return nil
		}
		text, err := renderBlock(&yaml.Node{Kind: yaml.SequenceNode, Content: b.Content[from:next]}, column)
		if err == nil {
			e.insertLines(behind, text)
		}
		return err
	}
	for _, item := range a.Content {
		if err := insert(); err != nil {
			return err
		}
		first := e.dashLine(item, column)
		last := e.lastLine(item, item, column)
		if first < 0 || last < 0 {
			return errForm
		}
		if next < len(b.Content) && e.at(item, b.Content[next]) {
			if err := e.compare(item, b.Content[next]); err != nil {
				return err
			}
			next++
		} else {
			e.replace(e.lines[first-1], e.lineEnd(last), "")
		}
		behind = last
	}
	if err := insert(); err != nil {
		return err
	}
	if next < len(b.Content) {
		return errForm
	}
	return nil
}

// dashLine is the line of an item's dash, which must be alone before the item,
// or -1.
func (e *editor) dashLine(item *yaml.Node, column int) int {
	start := e.offset(item)
	if start < 0 {
		return -1
	}
	lead := e.text[e.lines[item.Line-1]:start]
	if len(lead) > column && lead[column] == '-' && strings.Trim(lead, " ") == "-" {
		return item.Line
	}
	return -1
}

// lastLine is the last line of a value, or of its key if the value is nothing;
// -1 if that is not known. indent is the column, from 0, of the block that the
// value stands in.
func (e *editor) lastLine(key, n *yaml.Node, indent int) int {
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		if n.Style&yaml.FlowStyle != 0 {
			return e.flowEnd(n)
		}
		if len(n.Content) == 0 {
			return -1
		}
		last := n.Content[len(n.Content)-1]
		holder := last
		if n.Kind == yaml.MappingNode {
			holder = n.Content[len(n.Content)-2]
		}
		return e.lastLine(holder, last, n.Column-1)
	case yaml.ScalarNode:
		if n.Value == "" && plain(n) {
			return key.Line
		}
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			return e.blockEnd(n, indent)
		}
		start := e.offset(n)
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && n.Style&yaml.TaggedStyle == 0 {
			return e.lineAt(quoteEnd(e.text, start, len(e.text)))
		}
		if e.scalarEnd(n, start) >= 0 {
			return n.Line
		}
		return e.plainEnd(n, start)
	}
	return -1
}

// plainEnd is the last line of a scalar without quotes that goes on over
// several lines: as many as it takes to make up its value, folded.
func (e *editor) plainEnd(n *yaml.Node, start int) int {
	if start < 0 || n.Style&yaml.TaggedStyle != 0 || n.Anchor != "" {
		return -1
	}
	folded := strings.TrimSpace(e.text[start:e.lineEnd(n.Line)])
	breaks := 0
	for line := n.Line; strings.HasPrefix(n.Value, folded); {
		if folded == n.Value {
			return line
		}
		if line++; line >= len(e.lines) {
			break
		}
		switch text := strings.TrimSpace(e.line(line)); {
		case text == "":
			breaks++
		case breaks > 0:
			folded += strings.Repeat("\n", breaks) + text
			breaks = 0
		default:
			folded += " " + text
		}
	}
	return -1
}

func (e *editor) lineAt(end int) int {
	if end < 0 {
		return -1
	}
	i, found := slices.BinarySearch(e.lines, end-1)
	if found {
		return i + 1
	}
	return i
}

// blockEnd is the last line of a literal or folded scalar: its content is
// indented more than the block it stands in, and blank lines at the end belong
// to it only if it keeps them.
func (e *editor) blockEnd(n *yaml.Node, indent int) int {
	last := n.Line
	for line := n.Line + 1; line < len(e.lines); line++ {
		text := e.line(line)
		if strings.TrimSpace(text) == "" {
			continue
		}
		if len(text)-len(strings.TrimLeft(text, " ")) <= indent {
			break
		}
		last = line
	}
	return last
}

// flowEnd is the line of the bracket that closes a flow collection.
func (e *editor) flowEnd(n *yaml.Node) int {
	start := e.offset(n)
	depth := 0
	for i := start; i >= 0 && i < len(e.text); i++ {
		switch e.text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return e.lineAt(i + 1)
			}
		case '"', '\'':
			// A quote opens a string only where a value can begin.
			if before := strings.TrimRight(e.text[start:i], " \t\r\n"); len(before) > 0 && strings.IndexByte("{[,:", before[len(before)-1]) >= 0 {
				if i = quoteEnd(e.text, i, len(e.text)) - 1; i < 0 {
					return -1
				}
			}
		case '#':
			return -1
		}
	}
	return -1
}
