package controlplane

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// nodeName is the name of the only node.
const nodeName = "node"

// addNode registers a Ready node, for which the DaemonSet controller makes
// pods, and begins to play the kubelet's part for Jobs.
func (cp *ControlPlane) addNode(ctx context.Context, client kubernetes.Interface) error {
	node, err := client.CoreV1().Nodes().Create(ctx, newNode(), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	// Admission marks every new node as not ready, and the controller that
	// would take the mark away is off.
	node.Spec.Taints = nil
	if node, err = client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{}); err != nil {
		return err
	}
	node.Status = newNode().Status
	if _, err := client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return err
	}
	ctx, cp.stopNode = context.WithCancel(context.WithoutCancel(ctx))
	cp.nodeEnded = make(chan struct{})
	go func() {
		defer close(cp.nodeEnded)
		finishJobs(ctx, client)
	}()
	return nil
}

func newNode() *corev1.Node {
	resources := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("8"),
		corev1.ResourceMemory: resource.MustParse("32Gi"),
		corev1.ResourcePods:   resource.MustParse("110"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: nodeName,
			Labels: map[string]string{
				corev1.LabelHostname:   nodeName,
				corev1.LabelOSStable:   "linux",
				corev1.LabelArchStable: "amd64",
			},
		},
		Status: corev1.NodeStatus{
			Capacity:    resources,
			Allocatable: resources,
			Conditions:  []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	}
}

// finishJobs says of every Job's pod that it has succeeded, because Helm waits
// for the Jobs that are hooks.
func finishJobs(ctx context.Context, client kubernetes.Interface) {
	jobPods := metav1.ListOptions{LabelSelector: "batch.kubernetes.io/job-name", FieldSelector: "status.phase=Pending"}
	succeeded := []byte(`{"status":{"phase":"Succeeded"}}`)
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, jobPods)
		if err != nil {
			return // the next round tries again
		}
		for _, pod := range pods.Items {
			_, err := client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, succeeded, metav1.PatchOptions{}, "status")
			if err != nil {
				return
			}
		}
	}, tick)
}

// HasDefaultServiceAccount tells whether kube-controller-manager has made the
// account without which a namespace can have no pods.
func HasDefaultServiceAccount(client kubernetes.Interface, namespace string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	}
}
