package conformance

// command is a command line, and what the specification says it does.
type command struct {
	name string
	args []string

	// nodeAgent is false where the node Agent keeps root (the profile compatible).
	nodeAgent bool
	// nonroot is false where the transform of that name is skipped.
	nonroot       bool
	removeHostPID bool
	// prepareHost is true where an init container hands host folders over.
	prepareHost bool
}

var commands = []command{
	{name: "default", nodeAgent: true, nonroot: true, prepareHost: true},
	{name: "remove-host-pid", args: []string{"--remove-host-pid"}, nodeAgent: true, nonroot: true, prepareHost: true, removeHostPID: true},
	{name: "compatible", args: []string{"--profile", "compatible"}, nonroot: true},
	{name: "prepared", args: []string{"--host-dirs=prepared"}, nodeAgent: true, nonroot: true},
	{name: "skip-nonroot", args: []string{"--skip", "nonroot"}, nodeAgent: true},
}
