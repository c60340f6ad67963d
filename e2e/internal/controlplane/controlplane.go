// Package controlplane runs a Kubernetes control plane of three real programs
// (etcd, kube-apiserver and kube-controller-manager) on loopback addresses and
// free ports, with one node that is nothing but an object.
//
// That is all a manifest needs to meet everything in Kubernetes that judges it:
// decoding and validation, Pod Security admission, and the controllers that
// make pods of workloads. Nothing runs in the pods: there is no kubelet and no
// container.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/datadog-harden/datadog-harden/e2e/internal/process"
)

// How long any one thing may take before it counts as broken. No test measures
// time: the limit only ends a wait for what will never come.
const (
	limit = 3 * time.Minute
	tick  = 100 * time.Millisecond
)

// Programs are the paths of the programs that make up the control plane.
type Programs struct {
	Etcd, APIServer, ControllerManager string
}

// A ControlPlane is a running control plane.
type ControlPlane struct {
	// Kubeconfig is the path of a kubeconfig file for its administrator.
	Kubeconfig string
	// AuditLog is the path of the API server's audit log.
	AuditLog string

	config    *rest.Config
	processes []*process.Process
	stopNode  context.CancelFunc
	nodeEnded chan struct{}
}

// Start starts a control plane with its data under dir, and returns once it
// makes pods.
func Start(ctx context.Context, dir string, programs Programs) (*ControlPlane, error) {
	cp := &ControlPlane{
		Kubeconfig: filepath.Join(dir, "kubeconfig"),
		AuditLog:   filepath.Join(dir, "audit.log"),
	}
	if err := cp.start(ctx, dir, programs); err != nil {
		cp.Stop()
		return nil, fmt.Errorf("the control plane does not start: %w", err)
	}
	return cp, nil
}

func (cp *ControlPlane) start(ctx context.Context, dir string, programs Programs) error {
	s, err := newSettings(dir)
	if err != nil {
		return err
	}
	if err := cp.run(dir, "etcd", programs.Etcd, s.etcd()); err != nil {
		return err
	}
	if err := cp.run(dir, "kube-apiserver", programs.APIServer, s.apiServer(cp.AuditLog)); err != nil {
		return err
	}
	// The API server writes its certificate before it listens.
	if err := cp.Eventually(ctx, "kube-apiserver to make its certificate", fileExists(s.certificate())); err != nil {
		return err
	}
	if err := s.writeKubeconfig(cp.Kubeconfig); err != nil {
		return err
	}
	if cp.config, err = clientcmd.BuildConfigFromFlags("", cp.Kubeconfig); err != nil {
		return err
	}
	// The tests are the only client: nothing is gained by holding them back.
	cp.config.QPS = -1
	client, err := kubernetes.NewForConfig(cp.config)
	if err != nil {
		return err
	}
	if err := cp.Eventually(ctx, "kube-apiserver to be ready", ready(client)); err != nil {
		return err
	}
	if err := cp.run(dir, "kube-controller-manager", programs.ControllerManager, s.controllerManager(cp.Kubeconfig)); err != nil {
		return err
	}
	if err := cp.addNode(ctx, client); err != nil {
		return err
	}
	return cp.Eventually(ctx, "kube-controller-manager to work", HasDefaultServiceAccount(client, "default"))
}

// Config returns a copy of the administrator's client configuration.
func (cp *ControlPlane) Config() *rest.Config { return rest.CopyConfig(cp.config) }

// Stop ends what Start started, the last first.
func (cp *ControlPlane) Stop() {
	if cp.stopNode != nil {
		cp.stopNode()
		<-cp.nodeEnded
	}
	for i := len(cp.processes) - 1; i >= 0; i-- {
		cp.processes[i].Stop()
	}
	cp.processes = nil
}

func (cp *ControlPlane) run(dir, name, path string, args []string) error {
	p, err := process.Start(dir, name, path, args...)
	if err != nil {
		return err
	}
	cp.processes = append(cp.processes, p)
	return nil
}

// Eventually polls done until it says yes. It gives up when done fails, when a
// program of the control plane ends, or when the wait cannot be worth it any
// more; then the error says what was waited for.
func (cp *ControlPlane) Eventually(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		ok, err := done(ctx)
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		if ok {
			return nil
		}
		if err := cp.ended(); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w%s", what, ctx.Err(), cp.logTails())
		case <-ticker.C:
		}
	}
}

func (cp *ControlPlane) ended() error {
	var errs []error
	for _, p := range cp.processes {
		errs = append(errs, p.Ended())
	}
	return errors.Join(errs...)
}

func (cp *ControlPlane) logTails() string {
	var tails string
	for _, p := range cp.processes {
		tails += "\n" + p.LogTail()
	}
	return tails
}

func fileExists(path string) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) {
		_, err := os.Stat(path)
		return err == nil, nil
	}
}

func ready(client kubernetes.Interface) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil, nil
	}
}

// freePorts asks the kernel for ports nobody uses. All are held until the last
// is known, so that they differ.
func freePorts(n int) ([]string, error) {
	ports := make([]string, 0, n)
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}
