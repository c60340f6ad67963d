package report

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestHTMLInABrowser opens the page in headless Chromium, wide and narrow,
// light and dark, and looks at the picture: it is as wide as the window, its
// ground is of the scheme that was asked for, and the matrix is coloured.
// DATADOG_HARDEN_SCREENSHOTS names a folder that keeps the pictures.
func TestHTMLInABrowser(t *testing.T) {
	browser := chromium(t)
	page := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(page, render(t, "html", harden(t, inputs(t)["sample"]).evidence), 0o600); err != nil {
		t.Fatal(err)
	}
	keep := os.Getenv("DATADOG_HARDEN_SCREENSHOTS")
	for _, width := range []int{1280, 400} {
		for _, dark := range []bool{false, true} {
			name := strconv.Itoa(width) + map[bool]string{false: "-light.png", true: "-dark.png"}[dark]
			t.Run(name, func(t *testing.T) {
				picture := filepath.Join(t.TempDir(), name)
				if keep != "" {
					picture = filepath.Join(keep, name)
				}
				shoot(t, browser, page, picture, width, dark)
				look(t, picture, width, dark)
			})
		}
	}
}

// TestHTMLOnPaper prints the page: what a reader has folded away on the screen
// is on paper all the same.
func TestHTMLOnPaper(t *testing.T) {
	browser := chromium(t)
	open := render(t, "html", harden(t, inputs(t)["sample"]).evidence)
	folded := bytes.ReplaceAll(open, []byte("<details open>"), []byte("<details>"))
	if bytes.Equal(open, folded) {
		t.Fatal("nothing can be folded")
	}
	want, got := sheets(t, browser, open), sheets(t, browser, folded)
	if want < 2 || got != want {
		t.Errorf("%d sheets of paper when folded, %d when not", got, want)
	}
}

// sheets prints a page and returns how many sheets that takes.
func sheets(t *testing.T, browser string, text []byte) int {
	t.Helper()
	dir := t.TempDir()
	page, paper := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(page, text, 0o600); err != nil {
		t.Fatal(err)
	}
	headless(t, browser, page, "--print-to-pdf="+paper)
	pdf, err := os.ReadFile(paper)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(pdf, []byte("/Type /Page\n"))
}

func chromium(t *testing.T) string {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("chromium is needed: Debian's package of that name has it")
	}
	if err != nil {
		t.Skip("chromium is not installed: the page is not looked at")
	}
	return browser
}

func shoot(t *testing.T, browser, page, picture string, width int, dark bool) {
	t.Helper()
	scheme := "--blink-settings=preferredColorScheme=1"
	if dark {
		scheme = "--blink-settings=preferredColorScheme=0"
	}
	headless(t, browser, page, "--hide-scrollbars", "--window-size="+strconv.Itoa(width)+",2000", "--screenshot="+picture, scheme)
}

// headless opens a page in a browser without a window.
func headless(t *testing.T, browser, page string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args = append(args, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--user-data-dir="+t.TempDir(), "file://"+page)
	if out, err := exec.CommandContext(ctx, browser, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func look(t *testing.T, picture string, width int, dark bool) {
	t.Helper()
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	shot, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if shot.Bounds().Dx() != width {
		t.Errorf("%d pixels wide", shot.Bounds().Dx())
	}
	if ground := brightness(shot.At(2, 2)); dark != (ground < 128) {
		t.Errorf("the ground's brightness is %d", ground)
	}
	for what, colour := range map[string]map[bool]color.RGBA{
		"clean":       {false: {0xe3, 0xf4, 0xea, 255}, true: {0x14, 0x32, 0x22, 255}},
		"left":        {false: {0xfd, 0xf1, 0xdc, 255}, true: {0x38, 0x2a, 0x11, 255}},
		"unexplained": {false: {0xfd, 0xe5, 0xe8, 255}, true: {0x43, 0x16, 0x1d, 255}},
	} {
		if n := count(shot, colour[dark]); n < 500 {
			t.Errorf("%d pixels of cells that are %s", n, what)
		}
	}
}

func brightness(c color.Color) int {
	r, g, b, _ := c.RGBA()
	return int(r+g+b) / 3 >> 8
}

func count(shot image.Image, want color.RGBA) int {
	n := 0
	for y := shot.Bounds().Min.Y; y < shot.Bounds().Max.Y; y++ {
		for x := shot.Bounds().Min.X; x < shot.Bounds().Max.X; x++ {
			if color.RGBAModel.Convert(shot.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}
