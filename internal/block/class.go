package block

import "unicode/utf8"

// The characters that keys and scalars are made of.
const (
	letter     = 1 << iota // of ASCII
	keyFirst               // letters, digits, _ /
	keyRest                // and . -
	flowRest               // and = $ % @ + *
	plainFirst             // letters, digits, and what else has no meaning at the beginning
)

var class = classes()

func classes() (table [256]byte) {
	set := func(chars string, bits byte) {
		for _, c := range []byte(chars) {
			table[c] |= bits
		}
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	set(letters, letter)
	set(letters+"0123456789_/", keyFirst|keyRest|flowRest|plainFirst)
	set(".-", keyRest|flowRest)
	set("=$%@+*", flowRest)
	set(".$(+~^\\;", plainFirst)
	for c := utf8.RuneSelf; c < len(table); c++ {
		table[c] |= plainFirst
	}
	return table
}

// printable says whether a text is made of characters that YAML takes, with no
// line break but LF, and whether all of them are ASCII.
func printable(text string) (ascii, ok bool) {
	ascii = true
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\t' {
			continue
		}
		if c < utf8.RuneSelf {
			return false, false
		}
		ascii = false
		r, size := utf8.DecodeRuneInString(text[i:])
		if r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r >= 0xfffd && r <= 0xffff {
			return false, false
		}
		i += size - 1
	}
	return ascii, true
}
