// Package e2e tests datadog-harden where it is used: in Helm 3, in Helm 4 and in
// kustomize, against a Kubernetes control plane, all of them the real programs,
// built from their Go modules. It also makes a release, has Helm verify and
// install it, and makes it again to compare.
//
//	go test ./... -timeout 40m
//
// The first run takes some minutes longer, since it builds Kubernetes; what it
// builds is kept in the user's cache folder (package tools). etcd is the one
// program that must be installed. Nothing else is touched: Helm has a home of
// its own, the control plane listens on the loopback address and lives in a
// temporary folder, and every process ends with the tests.
package e2e
