// Package process runs a server for as long as the tests need it, and not a
// moment longer: it is ended by its own id when the tests stop it, and by the
// kernel when the tests are killed before they can.
package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// patience is how long a server may take to shut down before it is killed.
const patience = 20 * time.Second

// A Process is one running server.
type Process struct {
	name string
	log  string
	cmd  *exec.Cmd
	// done is closed once the process has ended; err is why.
	done chan struct{}
	err  error
}

// Start starts the program at path with its output in name.log under dir.
func Start(dir, name, path string, args ...string) (*Process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = endedWithParent()
	p := &Process{name: name, log: log.Name(), cmd: cmd, done: make(chan struct{})}

	started := make(chan error)
	go func() {
		defer log.Close()
		// The kernel ends the child with the thread that started it, so that
		// thread stays here until the child has ended.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s does not start: %w", name, err)
	}
	return p, nil
}

// Ended tells why the process ended, and is nil while it runs.
func (p *Process) Ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended too soon: %v\n%s", p.name, p.err, p.LogTail())
	default:
		return nil
	}
}

// Stop asks the process to end, insists when it does not, and returns when it
// is gone.
func (p *Process) Stop() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// LogTail returns the last lines the process wrote.
func (p *Process) LogTail() string {
	const lines = 30
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
