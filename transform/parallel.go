package transform

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A long stream is hardened in parts, at the same time: each part has a fork of
// the pipeline, and what the forks found is joined in the order of the stream.
// Admission policies come last, since they are made to fit all pods.

// Wants says whether objects of a kind can be changed by a transform, or hold
// objects that can.
func (p *Pipeline) Wants(kind string) bool { return mayMatter(kind) }

// Waits says whether objects of a kind are for Last.
func (p *Pipeline) Waits(kind string) bool {
	return slices.ContainsFunc(policyKinds, func(k policyKind) bool { return k.kind == kind })
}

// Pending says whether a node is, or holds, an object for Last.
func (p *Pipeline) Pending(n *yaml.Node) bool {
	return slices.ContainsFunc(objects(n), func(o *Object) bool { return isPolicy(o) != nil })
}

// Fork returns a pipeline of the same settings for a part of a stream. Its
// Filter leaves admission policies to Last. With tally it keeps count of what
// the pods use before and after, which Last asks for.
func (p *Pipeline) Fork(tally bool) *Pipeline {
	fork := build(p.settings)
	fork.part, fork.tally = true, tally
	return fork
}

// Join takes over what a fork found.
func (p *Pipeline) Join(fork *Pipeline) {
	p.Log.join(fork.Log)
	p.before.join(fork.before)
	p.after.join(fork.after)
}

// Last makes the admission policies among the nodes fit the pods of all that
// went through the pipeline and the forks joined to it.
func (p *Pipeline) Last(nodes []*yaml.RNode) error {
	_, err := policies{p.scope, p.before, p.after}.Filter(nodes)
	return err
}

func (l *Log) join(part *Log) {
	for _, c := range part.Changes {
		c.object = nil // which would keep the whole document
		l.Changes = append(l.Changes, c)
	}
	for _, n := range part.Notes {
		l.note(n)
	}
	for _, e := range part.used {
		if !slices.Contains(l.used, e) {
			l.used = append(l.used, e)
		}
	}
}

// Finish notes what can be said only when the whole stream went through.
func (p *Pipeline) Finish() { p.scope.noteUnused() }
