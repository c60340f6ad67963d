package transform

// A field that a pod's security context and a container's both have (user,
// group, seccomp profile) can be said once for the pod or for each container.
// placement decides where, so that the diff stays short and no container gets
// a value that was not meant for it.

// claim is what one container is to have in a field, in effect.
type claim[T comparable] struct {
	container *Container
	own       *T   // what the container itself says now
	want      *T   // what it is to have in effect; nil: it must stay unset
	target    bool // want is new: the transform is here for this container
}

// placement returns what the pod is to say, and what each container is to say
// itself beside that: nil where nothing has to be written.
//
// The pod takes the value that most targets want, unless a container would
// inherit it that must stay without one: that cannot be said in a manifest, so
// then each target says it for itself.
func placement[T comparable](pod *T, claims []claim[T]) (onPod *T, own []*T) {
	own = make([]*T, len(claims))
	onPod = pod
	votes := map[T]int{}
	inheritable := true
	var best *T
	for _, c := range claims {
		if c.want == nil && c.own == nil {
			inheritable = false
		}
		if c.target && c.want != nil {
			votes[*c.want]++
			if best == nil || votes[*c.want] > votes[*best] {
				best = c.want
			}
		}
	}
	if inheritable && best != nil {
		onPod = best
	}
	for i, c := range claims {
		inEffect := effective(c.own, onPod)
		if c.want != nil && (inEffect == nil || *inEffect != *c.want) {
			own[i] = c.want
		}
	}
	return onPod, own
}
