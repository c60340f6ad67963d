package suggest

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"profile", "removeHostPID", "skip", "hostDirs", "quiet"}
	for word, want := range map[string]string{
		"removeHostPid":   "removeHostPID",
		"remove-host-pid": "removeHostPID",
		"REMOVE_HOST_PID": "removeHostPID",
		"profiel":         "profile",
		"Profile":         "profile",
		"sikp":            "skip",
		"skp":             "skip",
		"host_dir":        "hostDirs",
		"paranoid":        "",
		"s":               "",
		"":                "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	known := []string{"compatible", "recommended"}
	for word, want := range map[string]string{
		"recomended": `unknown profile "recomended": known are compatible, recommended; did you mean recommended?`,
		"lax":        `unknown profile "lax": known are compatible, recommended`,
	} {
		if got := Unknown("profile", word, known).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
