// Package transform hardens the Datadog workloads among Kubernetes manifests:
// it takes from them what they do not need, leaves what they do, and writes
// down both.
//
// # What it works on
//
// A workload is an object with a pod: a Pod, the controllers of Kubernetes that
// make pods, Datadog's ExtendedDaemonSet, or any of these in a List. It is
// Datadog's if a label says so or if it runs one of Datadog's images under a
// name that Datadog's charts use. Every other object is left alone. What the
// package knows of Datadog's containers, host folders, users and features
// stands in tables, each row with its source.
//
// # One transform
//
// A transform does one thing to every workload it is given. It is a small
// struct whose fields are its settings, and it implements kio.Filter of
// sigs.k8s.io/kustomize/kyaml, so that it fits into anyone's kio.Pipeline. The
// embedded Scope narrows it to some workloads and collects what it did:
//
//	log := &transform.Log{}
//	err := kio.Pipeline{
//		Inputs:  []kio.Reader{reader},
//		Filters: []kio.Filter{transform.ReadOnlyMounts{Scope: transform.Scope{Log: log}}},
//		Outputs: []kio.Writer{writer},
//	}.Execute()
//
// The transforms are ReadOnlyMounts, NonRoot, Privileges, ReadOnlyRootFS and
// HostPID. The comment of each says which fields it writes, which it never
// touches, and the source of its rule. Running one twice changes nothing the
// second time.
//
// # All of them
//
// New makes the Pipeline of a profile: the transforms in the order in which
// they depend on each other, with settings for all. A Pipeline is a kio.Filter
// too. It serves one run: its Log is what that run did.
//
// What a user set stricter, or on purpose, is kept. For what cannot be kept
// that way there are exceptions (Exception), each with its reason, which is in
// the log beside the changes.
//
// # Text in, text out
//
// A kio.Pipeline parses and writes manifests anew, which moves comments and
// quotes. PostRenderer works on the text: what does not change is byte for byte
// what it was. It is also what Helm's SDKs take:
//
//	install := action.NewInstall(config)
//	install.PostRenderer = &transform.PostRenderer{Settings: transform.Default()}
//
// # What it did
//
// Log.Changes has every field that was written, with the value before and
// after, the reason, and what is lost or needed for it. Log.Notes has what was
// left and what to know of it. Neither has the values of environment variables
// that the package did not set itself.
//
// # Errors
//
// Manifests are read as the API server reads them, YAML 1.1 and all, and never
// guessed at. A FieldError is a field that the API server would refuse, or that
// two readers would read in two ways (a repeated key). A RefusedError is a
// request that would break a feature in use; it names the feature, and
// Settings.AcceptDegraded is how to have it all the same. An error may join
// several (errors.Join), so that a user sees all of them at once. After an
// error the nodes are not to be used: some transforms have run, and some not.
package transform
