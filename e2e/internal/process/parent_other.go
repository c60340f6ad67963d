//go:build !linux

package process

import "syscall"

// endedWithParent: only Linux can end a process with its parent.
func endedWithParent() *syscall.SysProcAttr { return nil }
