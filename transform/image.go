package transform

import (
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
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
	tag := imageTag(image)
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
		if strings.HasSuffix(imageBase(image), "cluster-agent") {
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

// imageTag is the image's tag, beside a digest too, or "".
func imageTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	tag, err := name.NewTag(image, name.WithDefaultTag(""))
	if err != nil {
		return ""
	}
	return tag.TagStr()
}

// datadogImage says whether an image is one of Datadog's by its name, from any
// registry: a mirror keeps the last part of the name. On Docker Hub the
// organisation tells the publisher, and someone else's `agent` is not it.
func datadogImage(image string) bool {
	if !slices.Contains(images, imageBase(image)) {
		return false
	}
	image, _, _ = strings.Cut(image, "@")
	tag, err := name.NewTag(image)
	return err == nil && (tag.RegistryStr() != name.DefaultRegistry || strings.HasPrefix(tag.RepositoryStr(), "datadog/"))
}

// imageBase is the last part of an image's repository, where a mirror keeps
// the name: registry.example.com/mirror/datadog/agent:7 is an agent.
func imageBase(image string) string {
	image, _, _ = strings.Cut(image, "@")
	base := image[strings.LastIndexByte(image, '/')+1:]
	base, _, _ = strings.Cut(base, ":")
	return base
}
