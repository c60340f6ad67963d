package transform

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// HostPID takes the pod out of the host's process ID namespace and turns
// DogStatsD's origin detection off, which needs it.
//
// Written: hostPID of the pod, removed; DD_DOGSTATSD_ORIGIN_DETECTION in the
// container that serves DogStatsD. Never touched:
// DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT, which needs no process ID.
//
// Source: Datadog, "Kubernetes Data Security" ("Pod running with hostPID");
// PSS baseline, "Host Namespaces".
type HostPID struct {
	Scope

	// AcceptDegraded names features that may stop working. See Features.
	AcceptDegraded []string
}

const originDetection = "DD_DOGSTATSD_ORIGIN_DETECTION"

// Filter implements kio.Filter. Errors: a workload that cannot be read as the
// API server would read it; a RefusedError for each feature in use that does
// not work without the namespace and is not in AcceptDegraded.
func (t HostPID) Filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	return t.run("host-pid", nodes, func(s *session) error {
		if !s.HostPID || !s.Datadog() {
			return nil
		}
		lost, err := t.lost(s)
		if err != nil {
			return err
		}
		remove(s.Spec, "hostPID")
		s.record(nil, "hostPID", "true", absent, "processes of the host and of other pods are out of its sight",
			strings.Join(append([]string{"metrics sent over the Unix socket lose their container tags, unless clients send their own origin (DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT)"}, lost...), "; "))
		for _, c := range s.Containers {
			if c.fact != nil && servesDogStatsD(s.Pod, c, nil) && (c.Name == "agent" || c.Name == "agent-data-plane" || c.Name == "unprivileged-single-agent") {
				s.originDetectionOff(c)
			}
		}
		return nil
	})
}

// lost says what features in use lose, or refuses.
func (t HostPID) lost(s *session) (lost []string, err error) {
	var refused []error
	for _, f := range hostPIDFeatures {
		at := s.featureOn(f)
		if at == nil {
			continue
		}
		if f.refuse && !slices.Contains(t.AcceptDegraded, f.id) {
			refused = append(refused, &RefusedError{
				Workload: s.ID(), Feature: f.id, Line: at.Line,
				Message: "hostPID cannot be removed: " + f.id + " is on and needs it (" + f.lost + "); switch it off (" + f.value + "), or accept the loss with --accept-degraded=" + f.id,
			})
			continue
		}
		lost = append(lost, f.lost)
	}
	return lost, errors.Join(refused...)
}

// featureOn returns the node that turns a feature on, or nil. A value that
// comes from elsewhere counts as on: it may be.
func (s *session) featureOn(f feature) *yaml.Node {
	for _, c := range s.Containers {
		if f.present != "" && c.Name == f.present {
			return c.Node
		}
		if f.env == "" {
			continue
		}
		if v := c.env(f.env); v != nil {
			if on, err := strconv.ParseBool(v.Value); v.From || err == nil && on {
				return v.Node
			}
		}
	}
	return nil
}

// originDetectionOff leaves one variable of the name, with the value false.
func (s *session) originDetectionOff(c *Container) {
	env := ensure(c.Node, "env", yaml.SequenceNode)
	var kept *yaml.Node
	before := absent
	for _, v := range c.Env {
		if v.Name != originDetection {
			continue
		}
		if kept == nil {
			kept = v.Node
			before = hidden
			if !v.From && v.Value == "false" && get(v.Node, "valueFrom") == nil {
				before = "false"
			}
			continue
		}
		before = hidden
		removeItem(c.Node, "env", v.Node)
	}
	if before == "false" {
		return
	}
	if kept == nil {
		env.Content = append(env.Content, mapping("name", str(originDetection), "value", quoted("false")))
	} else {
		remove(kept, "valueFrom")
		put(kept, "value", quoted("false"))
	}
	s.record(c, "env["+originDetection+"]", before, "false", "origin detection maps a sender's process ID to its container, which takes the host's namespace", "")
}
