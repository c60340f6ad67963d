package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/datadog-harden/datadog-harden/internal/edit"
	"github.com/datadog-harden/datadog-harden/internal/stream"
)

// counter says in each Late object how many Early ones the stream has, and in
// each Early one that it has seen it.
type counter struct{ seen int }

func kindOf(n *yaml.Node) string { return n.Content[1].Value }

func say(n *yaml.Node, text string) {
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "said"},
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text})
}

func (c *counter) Wants(kind string) bool             { return kind == "Early" }
func (c *counter) Waits(kind string) bool             { return kind == "Late" }
func (c *counter) Pending(n *yaml.Node) bool          { return kindOf(n) == "Late" }
func (c *counter) Changed(n *yaml.Node) bool          { return n.Content[len(n.Content)-2].Value == "said" }
func (c *counter) Fork(bool) Filter                   { return &counter{} }
func (*counter) Witness(stream.Document) edit.Witness { return nil }
func (c *counter) Join(part Filter)                   { c.seen += part.(*counter).seen }

func (c *counter) Filter(nodes []*yaml.RNode) error {
	for _, n := range nodes {
		if last := n.YNode().Content; last[len(last)-2].Value == "bad" {
			return errors.New("bad")
		}
		if kindOf(n.YNode()) == "Early" {
			c.seen++
			say(n.YNode(), "seen")
		}
	}
	return nil
}

func (c *counter) Last(nodes []*yaml.RNode) error {
	for _, n := range nodes {
		say(n.YNode(), fmt.Sprint(c.seen, " were seen"))
	}
	return nil
}

// TestSpool sees that what waits for the end of the stream comes out in its
// place, in memory and from the file, and that no file is left.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var in, want strings.Builder
	for i := range 500 {
		for _, kind := range []string{"Early", "Other", "Late", "Other", "Other"} {
			doc := fmt.Sprintf("---\nkind: %s\nname: x%d\n", kind, i)
			in.WriteString(doc)
			want.WriteString(doc)
			switch kind {
			case "Early":
				want.WriteString("said: seen\n")
			case "Late":
				want.WriteString("said: 500 were seen\n")
			}
		}
	}
	for _, keep := range []int{0, 100, 5_000, 1 << 20} {
		for _, chunk := range []int{10, 1_000, 1 << 20} {
			result := &Result{keep: keep}
			if err := process(stream.NewReader(strings.NewReader(in.String()), chunk), &counter{}, result); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if _, err := result.WriteTo(&out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), out.String()); diff != "" {
				t.Fatalf("%d bytes in memory, read %d at a time (-want +got)\n%s", keep, chunk, diff)
			}
			if spooled := result.file != nil; spooled != (keep < in.Len()) {
				t.Errorf("%d bytes in memory: spooled %v", keep, spooled)
			}
			if err := result.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

// TestErrors sees that each error of a stream is reported, that their number
// is bounded, and that nothing is left behind.
func TestErrors(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	in := strings.Repeat("---\nkind: Early\nbad: 1\n---\n\"kind: Early\n", 40)
	_, err := Stream(strings.NewReader(in), &counter{})
	if err == nil || strings.Count(err.Error(), ": bad") != 40 || strings.Count(err.Error(), "not YAML") != 40 {
		t.Errorf("error %v", err)
	}
	_, err = Stream(strings.NewReader(strings.Repeat(in, 10)), &counter{})
	if err == nil || strings.Count(err.Error(), "document") != maxErrors {
		t.Errorf("%d errors, want %d", strings.Count(err.Error(), "document"), maxErrors)
	}
}
