package stream

import "bytes"

// Kind returns the kind of the document's object if a look at the beginnings
// of its lines proves it, without parsing the document.
//
// The proof. Suppose that
//
//  1. the text has no line break but LF and CR LF,
//  2. the first line with content begins, at column 0, with a plain key made of
//     letters and digits, followed by a colon,
//  3. every other line that begins at column 0 is a comment, begins with such a
//     key, or with `- `, and
//  4. exactly one of these keys is `kind`, with a plain word of letters for a
//     value on the same line.
//
// By 2 the document is a block mapping at column 0, so each of its keys begins
// at column 0. By 1 and 3 each of its keys is then written as a plain word,
// since any other way to write a key (quotes, an escape, `? `, a tag, an
// anchor, a merge key) begins with another character, and none of them stands
// behind a line break that was not looked at. So if the mapping has a key that
// reads `kind`, it is the one line of 4. That line may still not be a key, but
// lie within a value that spans lines (quotes and flow collections may continue
// at column 0): then the object has no kind at all and is not an object to the
// API server. A value that continues on the following lines gets a space into
// it, which no kind has, and a word like `Yes` is a boolean to YAML 1.1. Either
// way the object's kind is the one returned, or none.
func (d Document) Kind() (kind string, proven bool) {
	text := d.Text[d.Body:d.End]
	if !plainBreaks(text) {
		return "", false
	}
	first := true
	for len(text) > 0 {
		line := text
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		if blankOrComment(line) {
			continue
		}
		if line[0] == ' ' && !first {
			text = skipIndented(text)
			continue
		}
		if line[0] == '-' && !first && len(line) > 1 && line[1] == ' ' {
			continue
		}
		key, value := plainKey(line)
		if key == 0 {
			return "", false
		}
		first = false
		if string(line[:key]) != "kind" {
			continue
		}
		word := plainWord(value)
		if word == "" || kind != "" {
			return "", false
		}
		kind = word
	}
	return kind, kind != ""
}

// plainBreaks says whether LF and CR LF are the only line breaks that YAML 1.1
// sees in the text. It is wary of the first bytes of the others.
func plainBreaks(text []byte) bool {
	for rest := text; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		if i+1 >= len(rest) || rest[i+1] != '\n' {
			return false
		}
		rest = rest[i+1:]
	}
	return !bytes.Contains(text, []byte("\u0085")) &&
		!bytes.Contains(text, []byte("\u2028")) && !bytes.Contains(text, []byte("\u2029"))
}

// skipIndented moves on to the next line that does not begin with a space.
func skipIndented(text []byte) []byte {
	for len(text) > 0 && text[0] == ' ' {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return nil
		}
		text = text[end+1:]
	}
	return text
}

func blankOrComment(line []byte) bool {
	for _, c := range line {
		switch c {
		case ' ', '\t', '\r':
		case '#':
			return true
		default:
			return false
		}
	}
	return true
}

// plainKey returns the length of the plain key that the line begins with, and
// what stands behind its colon; 0 if the line begins otherwise.
func plainKey(line []byte) (int, []byte) {
	for i, c := range line {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', i > 0 && c >= '0' && c <= '9':
		case c == ':' && i > 0 && (i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\r'):
			return i, line[i+1:]
		default:
			return 0, nil
		}
	}
	return 0, nil
}

// plainWord returns a value that is one word of letters, or "".
func plainWord(value []byte) string {
	value = bytes.TrimLeft(value, " ")
	end := 0
	for end < len(value) && value[end]|0x20 >= 'a' && value[end]|0x20 <= 'z' {
		end++
	}
	if rest := bytes.TrimRight(value[end:], " \r"); len(rest) > 0 && !(end < len(value) && value[end] == ' ' && bytes.TrimLeft(rest, " ")[0] == '#') {
		return ""
	}
	return string(value[:end])
}
