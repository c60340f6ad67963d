package pss

import (
	"cmp"
	"slices"

	"k8s.io/pod-security-admission/policy"
)

// About says what a check is, for people.
type About struct {
	ID      string
	Level   string // the mildest level that has it
	Forbids string
	Mends   string // what this program does about it
}

const (
	notOurs  = "nothing: no chart of Datadog's sets it"
	rootOnly = "keeps what a declared need explains"
)

// texts are the checks of the Pod Security Standards in one line each.
//
// Source: Kubernetes, "Pod Security Standards".
var texts = map[string]struct{ forbids, mends string }{
	"allowPrivilegeEscalation":   {"containers that do not say allowPrivilegeEscalation: false", "the transform privileges says so where root is not needed"},
	"appArmorProfile":            {"an AppArmor profile that is unconfined", rootOnly},
	"capabilities_baseline":      {"added capabilities beyond those that runtimes give by default", rootOnly},
	"capabilities_restricted":    {"containers that do not drop ALL capabilities, or add any but NET_BIND_SERVICE", "the transform privileges drops ALL where root is not needed"},
	"hostNamespaces":             {"the host's network, process IDs or IPC", "the transform host-pid leaves the host's process IDs (--remove-host-pid)"},
	"hostPathVolumes":            {"volumes that show folders of the host", "the transform readonly-mounts makes them read-only, which the check does not ask about; the transform nonroot removes /etc/passwd"},
	"hostPorts":                  {"ports of the host", rootOnly},
	"hostProbesAndHostLifecycle": {"probes and hooks that name a host", notOurs},
	"privileged":                 {"privileged containers", rootOnly},
	"procMount":                  {"a /proc that is not masked", notOurs},
	"procMount_restricted":       {"a /proc that is not masked", notOurs},
	"restrictedVolumes":          {"volumes other than those that hold nothing of the host", "as hostPathVolumes"},
	"runAsNonRoot":               {"containers that may run as root", "the transform nonroot runs as dd-agent what needs no root"},
	"runAsUser":                  {"containers that say runAsUser: 0", "the transform nonroot runs as dd-agent what needs no root; what must stay root says so"},
	"seLinuxOptions":             {"SELinux users, roles and types beyond the usual", notOurs},
	"seccompProfile_baseline":    {"the seccomp profile Unconfined", "the transform privileges sets RuntimeDefault where root is not needed"},
	"seccompProfile_restricted":  {"containers without a seccomp profile", "the transform privileges sets RuntimeDefault where root is not needed"},
	"sysctls":                    {"kernel parameters that are not known to be safe", notOurs},
	"windowsHostProcess":         {"Windows containers that are processes of the host", notOurs},
}

// Checks lists the checks of the standards, by ID. A check that has no text
// here is listed all the same.
func Checks() []About {
	var all []About
	for _, c := range policy.DefaultChecks() {
		text := texts[string(c.ID)]
		all = append(all, About{string(c.ID), string(c.Level), cmp.Or(text.forbids, string(c.ID)), cmp.Or(text.mends, notOurs)})
	}
	slices.SortFunc(all, func(a, b About) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
