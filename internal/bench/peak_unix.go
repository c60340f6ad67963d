//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most memory that a process held at a time, in bytes.
func peakMemory(p *os.ProcessState) int64 {
	taken, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(taken.Maxrss)
	}
	return int64(taken.Maxrss) * 1024
}
