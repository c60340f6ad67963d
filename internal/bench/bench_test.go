package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/datadog-harden/datadog-harden/internal/stream"
)

const repository = "../.."

// exported is what hyperfine 1.15 exports, of three runs of the first command.
const exported = `{
  "results": [
    {"command": "./empty < render.yaml", "mean": 0.0011, "stddev": 0.0001, "median": 0.001, "user": 0.0008, "system": 0.0002,
     "min": 0.0009, "max": 0.0015, "times": [0.0009, 0.0015, 0.001], "exit_codes": [0, 0, 0]},
    {"command": "./datadog-harden --version", "times": [0.0042]},
    {"command": "./datadog-harden -q < render.yaml", "times": [0.008]},
    {"command": "./datadog-harden -q --report json --report-file /dev/null < render.yaml", "times": [0.012]},
    {"command": "./roundtrip < render.yaml", "times": [0.036]},
    {"command": "./kustomize build patched", "times": [0.12]}
  ]
}`

const compared = `Title:

| run | time | beside ` + "`datadog-harden`" + ` | beside the empty program |
| --- | ---: | ---: | ---: |
| an empty Go program | 1.0 ms | 0.12 × as long | – |
| ` + "`datadog-harden --version`" + ` | 4.2 ms | 0.53 × as long | 4.2 × as long |
| ` + "`datadog-harden`" + ` | 8.0 ms | – | 8.0 × as long |
| ` + "`datadog-harden --report json`" + ` | 12.0 ms | 1.5 × as long | 12.0 × as long |
| kyaml, read and written | 36.0 ms | 4.5 × as long | 36.0 × as long |
| ` + "`kustomize build`, one patch" + ` | 120 ms | 15.0 × as long | 120 × as long |

`

func rivalCommands() []string {
	var commands []string
	for _, r := range rivals {
		commands = append(commands, r.command)
	}
	return commands
}

func text(t *testing.T, table *table) string {
	t.Helper()
	var out strings.Builder
	if err := table.write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestComparison(t *testing.T) {
	all, err := parseTimes([]byte(exported), rivalCommands())
	if err != nil {
		t.Fatal(err)
	}
	var medians []time.Duration
	for _, times := range all {
		medians = append(medians, median(times))
	}
	if diff := cmp.Diff(compared, text(t, comparison("Title:", medians))); diff != "" {
		t.Error(diff)
	}
}

func TestParseTimesRefuses(t *testing.T) {
	for name, export := range map[string]string{
		"no JSON":         "",
		"too few":         `{"results": [{"command": "./empty < render.yaml", "times": [0.001]}]}`,
		"no times":        strings.Replace(exported, "[0.008]", "[]", 1),
		"another command": strings.Replace(exported, "./roundtrip", "./else", 1),
	} {
		if times, err := parseTimes([]byte(export), rivalCommands()); err == nil {
			t.Errorf("%s: taken for %v", name, times)
		}
	}
}

func TestCurveTable(t *testing.T) {
	second := usage{wall: 1500 * time.Millisecond, cpu: 2 * time.Second, memory: 134_217_728}
	got := text(t, curveTable([]point{
		{megabytes: 1, bytes: 1_002_000, harden: usage{20 * time.Millisecond, 30 * time.Millisecond, 30_000_000}, roundTrip: 240 * time.Millisecond},
		{megabytes: 1000, bytes: 1_000_000_000, harden: second},
	}))
	want := `Streams of such renders, one after the other; the median of 3 runs:

| input | time | a second | processor time | peak memory | kyaml, read and written |
| --- | ---: | ---: | ---: | ---: | ---: |
| 1 MB | 20.0 ms | 50 MB | 30.0 ms | 30 MB | 12.0 × as long |
| 1,000 MB | 1.5 s | 667 MB | 2.0 s | 134 MB | – |

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSummarize(t *testing.T) {
	got := summarize([]usage{{3, 10, 7}, {1, 30, 9}, {2, 20, 8}})
	if want := (usage{2, 20, 9}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCostTable(t *testing.T) {
	var costs []cost
	for i := range steps {
		costs = append(costs, cost{int64(1_200_000 * (i + 1)), time.Duration(i+1) * time.Millisecond})
	}
	costs[1].start = 900 * time.Microsecond // no more than the empty one, as chance has it
	got := text(t, costTable(costs, 100))
	for _, row := range []string{
		"| an empty Go program | 1,200,000 | – | 1.0 ms | – |\n",
		"| and `kyaml/yaml` | 2,400,000 | 1,200,000 | 0.90 ms | -0.10 ms |\n",
		"| `datadog-harden --version` | 6,000,000 | 1,200,000 | 5.0 ms | 1.0 ms |\n",
	} {
		if !strings.Contains(got, row) {
			t.Errorf("missing %q in\n%s", row, got)
		}
	}
}

func TestInits(t *testing.T) {
	var runs [][]initCost
	for _, trace := range []string{
		"init a/b @0.1 ms, 0.010 ms clock, 100 bytes, 2 allocs\ninit c @5.8 ms, 0.10 ms clock, 67272 bytes, 405 allocs\nsomething else\n",
		"init a/b @0.1 ms, 0.030 ms clock, 100 bytes, 2 allocs\ninit c @5.9 ms, 0.30 ms clock, 67280 bytes, 405 allocs\n",
		"init a/b @0.1 ms, 0.020 ms clock, 100 bytes, 2 allocs\ninit c @6.0 ms, 0.20 ms clock, 67290 bytes, 405 allocs\n",
	} {
		costs, err := parseInits(trace)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, costs)
	}
	want := `The dearest of its packages to initialise (` + "`GODEBUG=inittrace=1`" + `), the median of 21 runs:

| package | time | bytes |
| --- | ---: | ---: |
| ` + "`c`" + ` | 0.200 ms | 67,280 |
| ` + "`a/b`" + ` | 0.020 ms | 100 |
| all 2 packages | 0.220 ms | 67,380 |

`
	if diff := cmp.Diff(want, text(t, initTable(dearest(runs)))); diff != "" {
		t.Error(diff)
	}
	if costs, err := parseInits("init a/b at another time\n"); err == nil {
		t.Errorf("a trace of another form is taken for %v", costs)
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[int64][]int64{7: {7}, 4: {5, 3}, 5: {9, 1, 5}, 6: {100, 1, 5, 7}} {
		if got := median(values); got != want {
			t.Errorf("%v: got %d, want %d", values, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 15151266: "15,151,266", -540672: "-540,672"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

// A stream is made of whole documents, also of renders that begin without a
// separator and end without a line's end.
func TestRepeat(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.yaml"), filepath.Join(dir, "2.yaml")
	if err := errors.Join(
		os.WriteFile(first, []byte("---\na: 1\n---\n# nothing\n---\nb: 22\n"), 0o600),
		os.WriteFile(second, []byte("c: 333"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int64]string{
		1:  "---\na: 1\n",
		9:  "---\na: 1\n",
		10: "---\na: 1\n---\nb: 22\n",
		20: "---\na: 1\n---\nb: 22\n---\nc: 333\n",
		31: "---\na: 1\n---\nb: 22\n---\nc: 333\n---\na: 1\n",
	} {
		var out bytes.Buffer
		written, err := repeat(&out, []string{first, second}, size)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%d bytes: %s", size, diff)
		}
		if written != int64(out.Len()) {
			t.Errorf("%d bytes: %d are written, it says %d", size, out.Len(), written)
		}
		for _, d := range stream.Split(out.Bytes()) {
			if d.Empty() {
				t.Errorf("%d bytes: an empty document", size)
			}
		}
	}
	empty := filepath.Join(dir, "3.yaml")
	if err := os.WriteFile(empty, []byte("---\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := repeat(io.Discard, []string{empty}, 1); err == nil {
		t.Error("empty renders fill a stream")
	}
}

func TestOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	input := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(input, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	u, err := once(exec.Command("sh", "-c", `test "$(cat)" = text`), input)
	if err != nil {
		t.Fatal(err)
	}
	if u.wall <= 0 || u.cpu <= 0 || u.memory < 1<<16 {
		t.Errorf("a shell took %+v", u)
	}
	if _, err := once(exec.Command("sh", "-c", "echo reason >&2; exit 3"), input); err == nil || !strings.Contains(err.Error(), "reason") {
		t.Errorf("a command that fails: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for want, args := range map[string][]string{
		`"x" is no number of megabytes`: {"-curve", "1,x"},
		`"0" is no number of megabytes`: {"-curve", "0"},
		"no *.yaml in ":                 {"-renders", t.TempDir()},
		`unknown argument "file"`:       {"file"},
		"0 is too few":                  {"-runs", "0"},
	} {
		if _, err := parse(args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", args, err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	var out strings.Builder
	err := run(t.Context(), nil, &out, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "apt-get install hyperfine") || out.Len() > 0 {
		t.Errorf("without hyperfine: %v, output %q", err, &out)
	}
}

// Every program that is measured is one that is built.
func TestPackages(t *testing.T) {
	for _, r := range rivals {
		program, _, _ := strings.Cut(strings.TrimPrefix(r.command, "./"), " ")
		if packages[program] == "" && program != "kustomize" {
			t.Errorf("%s: %s is not built", r.what, program)
		}
	}
	for _, s := range steps {
		if packages[s.program] == "" {
			t.Errorf("%s: %s is not built", s.what, s.program)
		}
	}
	for program, folder := range packages {
		if _, err := os.Stat(filepath.Join(repository, folder, "main.go")); err != nil {
			t.Errorf("%s: %v", program, err)
		}
	}
}

// The tables of the README are those that are printed, numbers aside.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	tables := []*table{
		comparison("", make([]time.Duration, len(rivals))),
		curveTable([]point{{megabytes: 1}, {megabytes: 10}, {megabytes: 100}, {megabytes: 1000}}),
		costTable(make([]cost, len(steps)), 100),
		initTable(nil),
	}
	at := 0
	for _, table := range tables {
		starts := []string{table.title, "| " + strings.Join(table.head, " | ") + " |"}
		for _, row := range table.rows {
			if !strings.HasPrefix(row[0], "all ") {
				starts = append(starts, "| "+row[0]+" |")
			}
		}
		for _, start := range starts {
			next := strings.Index(string(readme[at:]), "\n"+start)
			if next < 0 {
				t.Errorf("the README lacks, here or in this order, a line that begins with %q", start)
				continue
			}
			at += next + 1
		}
	}
}
