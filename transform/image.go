package transform

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/distribution/reference"
)

const (
	ddAgentUID    = 100
	ddAgentOldUID = 101
)

// lastOldUID is the last Agent whose dd-agent is UID 101, by minor version:
// Agents 6 and 7 are released together and share their minor numbers.
//
// Source: Datadog, "Kubernetes Data Security": "In Agent versions 7.47.0 and
// below, use the UID: 101".
var lastOldUID = semver.New(0, 47, 0, "", "")

// agentUID is dd-agent's UID in an image, and what cannot be known of it from
// the image's name, if anything.
func agentUID(image string) (uid int64, doubt string) {
	tag := imageTag(image)
	if tag == "" {
		return ddAgentUID, "the image has no tag that gives its version: it is taken to be newer than 7.47.0, whose dd-agent is UID 100"
	}
	// A suffix names a flavour or a candidate of the same version.
	release, _, _ := strings.Cut(strings.TrimPrefix(tag, "v"), "-")
	v, err := semver.NewVersion(release)
	if err != nil || !strings.Contains(release, ".") {
		return ddAgentUID, "the tag " + tag + " gives no minor version: it is taken to be newer than 7.47.0, whose dd-agent is UID 100"
	}
	switch v.Major() {
	case 6, 7:
		if semver.New(0, v.Minor(), v.Patch(), "", "").GreaterThan(lastOldUID) {
			return ddAgentUID, ""
		}
		return ddAgentOldUID, ""
	case 1:
		// The Cluster Agent was numbered 1.x until it took the Agent's number.
		if strings.HasSuffix(imageBase(image), "cluster-agent") {
			return ddAgentOldUID, ""
		}
	}
	if v.Major() > 7 {
		return ddAgentUID, ""
	}
	return ddAgentUID, "the tag " + tag + " is no version of the Agent: it is taken to be newer than 7.47.0, whose dd-agent is UID 100"
}

func imageTag(image string) string {
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return ""
	}
	if tagged, ok := ref.(reference.Tagged); ok {
		return tagged.Tag()
	}
	return ""
}

// datadogImage says whether an image is one of Datadog's by its name, from any
// registry: a mirror keeps the last part of the name. On Docker Hub the
// organisation tells the publisher, and someone else's `agent` is not it.
func datadogImage(image string) bool {
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil || !slices.Contains(images, imageBase(image)) {
		return false
	}
	return reference.Domain(ref) != "docker.io" || strings.HasPrefix(reference.Path(ref), "datadog/")
}

// imageBase is the last part of an image's repository, where a mirror keeps
// the name: registry.example.com/mirror/datadog/agent:7 is an agent.
func imageBase(image string) string {
	image, _, _ = strings.Cut(image, "@")
	base := image[strings.LastIndexByte(image, '/')+1:]
	base, _, _ = strings.Cut(base, ":")
	return base
}
