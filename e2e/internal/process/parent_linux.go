package process

import "syscall"

// endedWithParent has the kernel end the process when its parent is gone.
func endedWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
