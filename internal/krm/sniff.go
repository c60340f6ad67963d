package krm

import (
	"bytes"
	"errors"
	"io"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// headSizes are how much of a stream shows what it is: the first, as a rule.
var headSizes = []int{4 << 10, 64 << 10}

// Sniff looks at the head of a stream. If it is a ResourceList, it returns the
// list and all of the stream; otherwise only a reader of the stream, from its
// beginning.
func Sniff(from io.Reader) (list *List, text []byte, again io.Reader, err error) {
	var head []byte
	for _, size := range headSizes {
		n := len(head)
		head = append(head, make([]byte, size-n)...)
		read, err := io.ReadFull(from, head[n:])
		head = head[:n+read]
		whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !whole {
			return nil, nil, nil, err
		}
		if !mayBeList(head, whole) {
			return nil, nil, io.MultiReader(bytes.NewReader(head), from), nil
		}
		if whole {
			break
		}
	}
	rest, err := io.ReadAll(from)
	if err != nil {
		return nil, nil, nil, err
	}
	text = append(head, rest...)
	return Read(text), text, bytes.NewReader(text), nil
}

// mayBeList says whether the first document can be a ResourceList. Where it
// goes on behind the head, the head's whole lines decide: another kind there
// and a ResourceList's behind would be a repeated key.
func mayBeList(head []byte, whole bool) bool {
	if !whole {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	for _, doc := range stream.Split(head) {
		if doc.Empty() {
			continue
		}
		k, proven := doc.Kind()
		return !proven || k == kind
	}
	return !whole
}
