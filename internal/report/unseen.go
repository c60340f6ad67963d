package report

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// LastError is the file, in the user's cache folder, that holds why the last
// run under Helm 4 failed where there was no terminal to say so.
const LastError = "datadog-harden/last-error.txt"

// SwallowedStderr says whether the host program throws standard error away, as
// Helm 4 does with that of a post-renderer plugin, even when it fails. Helm
// tells a plugin its name.
func SwallowedStderr() bool { return os.Getenv("HELM_PLUGIN_NAME") != "" }

// Aside opens what reaches the user although standard error does not: the
// controlling terminal if there is one, else the file LastError.
func Aside() (io.WriteCloser, error) {
	terminal := "/dev/tty"
	if runtime.GOOS == "windows" {
		terminal = "CONOUT$"
	}
	if tty, err := os.OpenFile(terminal, os.O_WRONLY, 0); err == nil {
		return tty, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(cache, filepath.FromSlash(LastError))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}
