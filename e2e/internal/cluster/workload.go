package cluster

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An Outcome is what became of a workload's pods.
type Outcome struct {
	// Pods that exist.
	Pods []corev1.Pod
	// Refusal is why the API server refused to make one, or empty.
	Refusal string
}

// Outcome waits until a workload, named as kind/name, has the pods it wants, or
// the API server has refused to make one. Either is a fact to wait for; that
// there are still no pods after a while would be none.
func (c *Client) Outcome(ctx context.Context, namespace, workload string) (Outcome, error) {
	kind, name, _ := strings.Cut(workload, "/")
	var outcome Outcome
	what := fmt.Sprintf("pods of %s in %s, or their refusal", workload, namespace)
	err := c.cp.Eventually(ctx, what, func(ctx context.Context) (bool, error) {
		wanted, err := c.wanted(ctx, namespace, kind, name)
		if err != nil || wanted == 0 {
			return false, err
		}
		if outcome.Pods, err = c.pods(ctx, namespace, kind, name); err != nil || len(outcome.Pods) >= wanted {
			return err == nil, err
		}
		outcome.Refusal, err = c.refusal(ctx, namespace, kind, name)
		return outcome.Refusal != "", err
	})
	return outcome, err
}

// wanted is how many pods the workload is to have, and zero until its
// controller knows.
func (c *Client) wanted(ctx context.Context, namespace, kind, name string) (int, error) {
	switch kind {
	case "DaemonSet":
		set, err := c.AppsV1().DaemonSets(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return 0, err
		}
		return int(set.Status.DesiredNumberScheduled), nil
	case "Deployment":
		deployment, err := c.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return 0, err
		}
		return int(*deployment.Spec.Replicas), nil
	default:
		return 0, fmt.Errorf("no test has asked for the pods of a %s before", kind)
	}
}

func (c *Client) pods(ctx context.Context, namespace, kind, name string) ([]corev1.Pod, error) {
	all, err := c.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var own []corev1.Pod
	for _, pod := range all.Items {
		if owner := metav1.GetControllerOf(&pod); owner != nil && makesPodsFor(owner.Kind, owner.Name, kind, name) {
			own = append(own, pod)
		}
	}
	return own, nil
}

// refusal finds what the workload's controller was told when it tried to make a
// pod.
func (c *Client) refusal(ctx context.Context, namespace, kind, name string) (string, error) {
	events, err := c.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=FailedCreate"})
	if err != nil {
		return "", err
	}
	for _, event := range events.Items {
		if makesPodsFor(event.InvolvedObject.Kind, event.InvolvedObject.Name, kind, name) {
			return event.Message, nil
		}
	}
	return "", nil
}

// makesPodsFor tells whether the owner of a pod is the workload itself or, of a
// Deployment, one of its ReplicaSets, which are named after it with one more
// element.
func makesPodsFor(ownerKind, ownerName, kind, name string) bool {
	if kind != "Deployment" {
		return ownerKind == kind && ownerName == name
	}
	hash, found := strings.CutPrefix(ownerName, name+"-")
	return ownerKind == "ReplicaSet" && found && !strings.Contains(hash, "-")
}
