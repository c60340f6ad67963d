package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// hunk is a run of lines that were replaced. Before is the line ahead of it.
type hunk struct {
	before         string
	removed, added []string
}

// diffLines is the shortest edit between two texts, as hunks.
func diffLines(in, out []string) []hunk {
	common := commonLines(in, out)
	var hunks []hunk
	open := false
	i, o := 0, 0
	for i < len(in) || o < len(out) {
		switch {
		case i < len(in) && o < len(out) && in[i] == out[o]:
			i, o, open = i+1, o+1, false
			continue
		case !open:
			h := hunk{}
			if i > 0 {
				h.before = in[i-1]
			}
			hunks, open = append(hunks, h), true
		}
		h := &hunks[len(hunks)-1]
		if i < len(in) && (o == len(out) || common[i+1][o] >= common[i][o+1]) {
			h.removed = append(h.removed, in[i])
			i++
		} else {
			h.added = append(h.added, out[o])
			o++
		}
	}
	return hunks
}

// commonLines is, for each pair of suffixes, how many lines they share in order.
func commonLines(in, out []string) [][]int {
	common := make([][]int, len(in)+1)
	for i := range common {
		common[i] = make([]int, len(out)+1)
	}
	for i := len(in) - 1; i >= 0; i-- {
		for o := len(out) - 1; o >= 0; o-- {
			if in[i] == out[o] {
				common[i][o] = common[i+1][o+1] + 1
			} else {
				common[i][o] = max(common[i+1][o], common[i][o+1])
			}
		}
	}
	return common
}

// removable are the lines a transform may replace wherever they are.
var removable = regexp.MustCompile(`^\s*(- )?(` +
	`(readOnly|hostPID|runAsUser|runAsGroup|runAsNonRoot|allowPrivilegeEscalation|readOnlyRootFilesystem):.*|` +
	`(securityContext|capabilities|seccompProfile|volumeMounts|volumes|initContainers|env):\s*(\{\}|\[\]|null|~)?\s*(#.*)?|` +
	`(drop|add):\s*(\[.*\]|null)?\s*(#.*)?|` +
	`type: Unconfined|\{\}|\[\]|null)\s*$`)

// about are the things whose lines may go altogether, with the lines they are made of.
var about = []struct{ thing, lines *regexp.Regexp }{
	{regexp.MustCompile(`/etc/passwd`), regexp.MustCompile(`^\s*(- )?(name|mountPath|subPath|mountPropagation|readOnly|hostPath|path|type):`)},
	{regexp.MustCompile(originDetection + `\b`), regexp.MustCompile(`^\s*(- )?(name|value|valueFrom|fieldRef|fieldPath|configMapKeyRef|secretKeyRef|key|optional|apiVersion):`)},
	{regexp.MustCompile(`emptyDir:`), regexp.MustCompile(`^\s*(- )?(name|hostPath|path|type):`)},
}

func (h hunk) mayRemove(line string) bool {
	if removable.MatchString(line) {
		return true
	}
	whole := strings.Join(slices.Concat([]string{h.before}, h.removed, h.added), "\n")
	return slices.ContainsFunc(about, func(a struct{ thing, lines *regexp.Regexp }) bool {
		return a.thing.MatchString(whole) && a.lines.MatchString(line)
	})
}

var (
	key     = regexp.MustCompile(`^(\s*(?:- )?)([\w./-]+):`)
	comment = regexp.MustCompile(`\s#[^'"]*$`)
)

// compareTexts is section 4 on the text: only lines that a transform changed differ.
func compareTexts(in, out document) []finding {
	var findings []finding
	for _, h := range diffLines(lines(in.text), lines(out.text)) {
		for _, what := range h.objections() {
			findings = append(findings, finding{"text", fmt.Sprintf("%s: %s", in, what)})
		}
	}
	return findings
}

func lines(text []byte) []string { return strings.SplitAfter(string(text), "\n") }

func (h hunk) objections() []string {
	var wrong []string
	for _, line := range h.removed {
		switch {
		case !h.mayRemove(line):
			wrong = append(wrong, fmt.Sprintf("the line %q is gone", line))
		case h.reindents(line):
			wrong = append(wrong, fmt.Sprintf("the line %q is indented anew", line))
		case h.losesComment(line):
			wrong = append(wrong, fmt.Sprintf("the comment of %q is gone", line))
		}
	}
	for _, line := range h.added {
		if strings.TrimSpace(line) == "" {
			wrong = append(wrong, fmt.Sprintf("an empty line %q came", line))
		}
	}
	return wrong
}

// reindents says whether a line was replaced by one of its key, and no added
// line of that key stands where it stood.
func (h hunk) reindents(line string) bool {
	was := key.FindStringSubmatch(line)
	if was == nil {
		return false
	}
	found := false
	for _, added := range h.added {
		now := key.FindStringSubmatch(added)
		if now == nil || now[2] != was[2] {
			continue
		}
		if now[1] == was[1] {
			return false
		}
		found = true
	}
	return found
}

// losesComment says whether a replaced line lost the comment behind its value.
func (h hunk) losesComment(line string) bool {
	said := strings.TrimSpace(comment.FindString(strings.TrimRight(line, "\r\n")))
	if said == "" {
		return false
	}
	was := key.FindStringSubmatch(line)
	if was == nil {
		return true
	}
	for _, added := range h.added {
		now := key.FindStringSubmatch(added)
		if now != nil && now[2] == was[2] {
			return !strings.Contains(added, said)
		}
	}
	return false
}

// diffSize is the number of lines that differ, removed and added.
func diffSize(in, out []document) int {
	size := 0
	for place := range min(len(in), len(out)) {
		if string(in[place].text) == string(out[place].text) {
			continue
		}
		for _, h := range diffLines(lines(in[place].text), lines(out[place].text)) {
			size += len(h.removed) + len(h.added)
		}
	}
	return size
}
