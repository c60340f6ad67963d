// Package conformance holds nothing but tests: an oracle that knows the
// specification and does not know the program.
//
// The tests build the executable, feed it manifests, and compare what comes
// out with what went in. They share no code with the program: what a container
// needs, which mounts are written, and which fields may change is stated here a
// second time, on the types of k8s.io/api. Where the two statements differ, one
// of them is wrong.
//
// Manifests come from the chart in testdata, rendered through Helm's Go SDK,
// and from the folder named by the environment variable DATADOG_HARDEN_CORPUS,
// if it is set.
//
// Each check has a test that feeds it a bad output and sees it objected to,
// since a check that cannot fail proves nothing.
package conformance
