package transform

import (
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

const (
	ddAgentUID    = 100
	ddAgentOldUID = 101
)

// lastOldUID is the last Agent whose dd-agent is UID 101. Agents 6 and 7 are
// released together and share their minor and patch numbers.
//
// Source: Datadog, "Kubernetes Data Security": "In Agent versions 7.47.0 and
// below, use the UID: 101".
const lastOldUID = "v7.47.0"

// agentUID is dd-agent's UID in an image, and what cannot be known of it from
// the image's name, if anything.
func agentUID(image string) (uid int64, doubt string) {
	const taken = "it is taken to be newer than 7.47.0, whose dd-agent is UID 100"
	name := parseImage(image)
	tag := name.tag
	if tag == "" {
		return ddAgentUID, "the image has no tag that gives its version: " + taken
	}
	// A suffix names a flavour or a candidate of the same version.
	release, _, _ := strings.Cut("v"+strings.TrimPrefix(tag, "v"), "-")
	if !semver.IsValid(release) || !strings.Contains(release, ".") {
		return ddAgentUID, "the tag " + tag + " gives no minor version: " + taken
	}
	switch semver.Major(release) {
	case "v6":
		release = "v7" + strings.TrimPrefix(release, "v6")
	case "v1":
		// The Cluster Agent was numbered 1.x until it took the Agent's number.
		if strings.HasSuffix(name.base(), "cluster-agent") {
			return ddAgentOldUID, ""
		}
		fallthrough
	case "v0", "v2", "v3", "v4", "v5":
		return ddAgentUID, "the tag " + tag + " is no version of the Agent: " + taken
	}
	if semver.Compare(release, lastOldUID) > 0 {
		return ddAgentUID, ""
	}
	return ddAgentOldUID, ""
}

// imageName is the name of an image, taken apart as container runtimes do it:
// what stands before the first slash is a registry if it can be a host. A digest
// is left out.
//
// Source: the grammar of github.com/distribution/reference, whose regular
// expressions would be compiled in every run.
type imageName struct{ registry, repository, tag string }

func parseImage(image string) (n imageName) {
	image, _, _ = strings.Cut(image, "@")
	if host, rest, found := strings.Cut(image, "/"); found && (strings.ContainsAny(host, ".:") || host == "localhost") {
		n.registry, image = host, rest
	}
	n.repository, n.tag, _ = strings.Cut(image, ":")
	return n
}

// base is the last part of the repository, where a mirror keeps the name:
// registry.example.com/mirror/datadog/agent:7 is an agent.
func (n imageName) base() string {
	return n.repository[strings.LastIndexByte(n.repository, '/')+1:]
}

// datadog says whether an image is one of Datadog's by its name, from any
// registry: a mirror keeps the last part of the name. On Docker Hub the
// organisation tells the publisher, and someone else's `agent` is not it.
func (n imageName) datadog() bool {
	if !slices.Contains(images, n.base()) {
		return false
	}
	hub := n.registry == "" || n.registry == "docker.io" || n.registry == "index.docker.io"
	return !hub || strings.HasPrefix(n.repository, "datadog/")
}
