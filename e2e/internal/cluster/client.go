// Package cluster asks a control plane what it makes of manifests: which pods
// exist, which are refused, and what is wrong with a document it has not been
// given yet.
package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"

	"github.com/datadog-harden/datadog-harden/e2e/internal/controlplane"
)

// fieldManager is who server-side apply says the fields belong to.
const fieldManager = "datadog-harden-e2e"

// A Client talks to one control plane. It is not for concurrent use.
type Client struct {
	kubernetes.Interface
	cp       *controlplane.ControlPlane
	dynamic  dynamic.Interface
	mapper   meta.RESTMapper
	warnings *warnings
	// namespaces are those that CreateNamespace has seen to.
	namespaces map[string]bool
}

// NewClient returns a client of the control plane's administrator.
func NewClient(cp *controlplane.ControlPlane) (*Client, error) {
	config := cp.Config()
	warnings := &warnings{}
	config.WarningHandlerWithContext = warnings
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Client{
		Interface:  typed,
		cp:         cp,
		dynamic:    untyped,
		mapper:     restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery())),
		warnings:   warnings,
		namespaces: map[string]bool{},
	}, nil
}

// CreateNamespace makes a namespace, unless it is there, and returns when pods
// can be made in it.
func (c *Client) CreateNamespace(ctx context.Context, name string, labels map[string]string) error {
	if c.namespaces[name] {
		return nil
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	_, err := c.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	err = c.cp.Eventually(ctx, "namespace "+name, controlplane.HasDefaultServiceAccount(c, name))
	c.namespaces[name] = err == nil
	return err
}

// DryRun has the API server do all it does with a document, strictly, except to
// keep it. The warnings are what it says of a document that it accepts.
func (c *Client) DryRun(ctx context.Context, doc Document, namespace string) ([]string, error) {
	mapping, err := c.mapper.RESTMapping(doc.kind().GroupKind(), doc.kind().Version)
	if err != nil {
		return nil, err
	}
	var resource dynamic.ResourceInterface = c.dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if own := doc.Object.GetNamespace(); own != "" {
			namespace = own
		}
		resource = c.dynamic.Resource(mapping.Resource).Namespace(namespace)
	}
	c.warnings.take()
	force := true
	_, err = resource.Patch(ctx, doc.Object.GetName(), types.ApplyPatchType, doc.Raw, metav1.PatchOptions{
		DryRun:          []string{metav1.DryRunAll},
		FieldManager:    fieldManager,
		FieldValidation: metav1.FieldValidationStrict,
		Force:           &force,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doc, err)
	}
	return c.warnings.take(), nil
}

// warnings collects what the API server has to say of what it accepts.
type warnings struct{ texts []string }

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _ string, text string) {
	// 299 is the only code Kubernetes uses.
	if code == 299 && text != "" {
		w.texts = append(w.texts, text)
	}
}

func (w *warnings) take() []string {
	texts := w.texts
	w.texts = nil
	return texts
}
