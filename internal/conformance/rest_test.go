package conformance

import (
	"path"
	"slices"

	"github.com/google/go-cmp/cmp"
)

// The fields of a security context that a transform may write.
var hardenedFields = []string{
	"runAsUser", "runAsGroup", "runAsNonRoot", "allowPrivilegeEscalation", "capabilities", "seccompProfile", "readOnlyRootFilesystem",
}

// checkRest blanks what may change on both sides and compares what is left.
func checkRest(c comparison) []string {
	in, out := clone(c.in.object).(map[string]any), clone(c.out.object).(map[string]any)
	inSpec, outSpec := at(in, c.in.path), at(out, c.in.path)
	if inSpec == nil || outSpec == nil {
		return []string{"a side has no pod"}
	}
	c.blankPod(inSpec, false)
	c.blankPod(outSpec, true)
	if diff := cmp.Diff(in, out); diff != "" {
		return []string{"what no transform may touch changed:\n" + diff}
	}
	return nil
}

// clone copies a JSON value.
func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for key, item := range value {
			copied[key] = clone(item)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, item := range value {
			copied[i] = clone(item)
		}
		return copied
	}
	return value
}

func at(object map[string]any, keys []string) map[string]any {
	for _, key := range keys {
		object, _ = object[key].(map[string]any)
	}
	return object
}

// blankPod removes from a pod's spec what may change. What was added is only on the output's side.
func (c comparison) blankPod(spec map[string]any, isOutput bool) {
	blankSecurity(spec)
	if c.removeHostPID {
		delete(spec, "hostPID")
	}
	filter(spec, "initContainers", func(container map[string]any) bool {
		_, known := c.in.container(text(container["name"]))
		return known || !isOutput
	})
	for _, key := range []string{"initContainers", "containers"} {
		for _, container := range objects(spec[key]) {
			c.blankContainer(container, isOutput)
		}
	}
	filter(spec, "volumes", func(v map[string]any) bool { return !c.mayDiffer(v, isOutput) })
}

func blankSecurity(parent map[string]any) {
	sc, _ := parent["securityContext"].(map[string]any)
	for _, field := range hardenedFields {
		delete(sc, field)
	}
	if len(sc) == 0 {
		delete(parent, "securityContext")
	}
}

// mayDiffer says whether a volume may come or go: the host's passwd file goes,
// an emptyDir comes, and on Autopilot a written host folder becomes one.
func (c comparison) mayDiffer(v map[string]any, isOutput bool) bool {
	name := text(v["name"])
	before := c.in.volume(name)
	if isHostPasswd(before) {
		return c.dropsRoot()
	}
	_, empty := v["emptyDir"]
	if isOutput && empty && len(v) == 2 && !hasVolume(c.in, name) {
		return c.nodeAgent && !c.in.autopilot()
	}
	return c.in.autopilot() && c.dropsRoot() && before.HostPath != nil && c.becameEmpty(name)
}

func hasVolume(w workload, name string) bool {
	for _, v := range w.pod.Spec.Volumes {
		if v.Name == name {
			return true
		}
	}
	return false
}

// becameEmpty says whether a volume that an Agent writes to is now an emptyDir.
func (c comparison) becameEmpty(name string) bool {
	if c.out.volume(name).EmptyDir == nil {
		return false
	}
	for _, p := range c.pairs() {
		for _, m := range p.in.VolumeMounts {
			if m.Name == name && c.in.accessOf(p.in, m) == writes {
				return true
			}
		}
	}
	return false
}

func (c comparison) blankContainer(container map[string]any, isOutput bool) {
	name := text(container["name"])
	blankSecurity(container)
	if c.removeHostPID && c.in.pod.Spec.HostPID && (name == "agent" || name == "agent-data-plane") {
		filter(container, "env", func(e map[string]any) bool { return text(e["name"]) != originDetection })
	}
	filter(container, "volumeMounts", func(m map[string]any) bool {
		return !c.mountMayGo(m) && !(isOutput && c.mountMayCome(name, m))
	})
	for _, m := range objects(container["volumeMounts"]) {
		if c.in.volume(text(m["name"])).HostPath != nil {
			delete(m, "readOnly")
		}
	}
}

func (c comparison) mountMayGo(m map[string]any) bool {
	return c.dropsRoot() && path.Clean(text(m["mountPath"])) == passwdFile && isHostPasswd(c.in.volume(text(m["name"])))
}

// mountMayCome says whether a mount may be one that a read-only root needs.
func (c comparison) mountMayCome(container string, m map[string]any) bool {
	in, _ := c.in.container(container)
	out, _ := c.out.container(container)
	mountPath := text(m["mountPath"])
	_, known := mountAt(in, mountPath)
	return !known && is(effectiveOf(c.out, out).ReadOnlyRoot, true) && needs[container] != notInTable &&
		slices.Contains(writtenFolders, path.Clean(mountPath)) && c.out.volume(text(m["name"])).EmptyDir != nil
}

// filter keeps the items of a list that are to stay, and no list without items.
func filter(object map[string]any, key string, stays func(map[string]any) bool) {
	var kept []any
	for _, item := range objects(object[key]) {
		if stays(item) {
			kept = append(kept, item)
		}
	}
	if len(kept) == 0 {
		delete(object, key)
		return
	}
	object[key] = kept
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
