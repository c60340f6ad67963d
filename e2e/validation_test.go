package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/datadog-harden/datadog-harden/e2e/internal/cluster"
	"github.com/datadog-harden/datadog-harden/e2e/internal/tools"
)

// corpusVariable names a folder of rendered manifests to try besides the
// chart's.
const corpusVariable = "DATADOG_HARDEN_CORPUS"

// profiles are all of datadog-harden's.
var profiles = []string{"compatible", "recommended"}

// TestStrictValidation has the API server judge each document that comes out of
// the filter: unknown fields, fields given twice, values that are not valid,
// and combinations that are not.
func TestStrictValidation(t *testing.T) {
	client := newClient(t)
	h := newHelm(t, tools.Helm3, "default")
	values := []struct {
		name string
		set  string
	}{
		{"default", ""},
		{"everything", "datadog.logs.enabled=true,datadog.processAgent.enabled=true,datadog.dataPlane.enabled=true," +
			"datadog.securityAgent.compliance.enabled=true,datadog.securityAgent.runtime.enabled=true,datadog.sbom.enrichmentUsage=true," +
			"datadog.dogstatsd.originDetection=true,clusterChecksRunner.enabled=true,kubeStateMetrics.enabled=true"},
		{"autopilot", "providers.gke.autopilot=true"},
		{"windows", "targetSystem=windows"},
	}
	for _, v := range values {
		rendered := []byte(h.ok(t, "template", "datadog", chartPath(t), "--set", v.set))
		for _, profile := range profiles {
			t.Run(v.name+"/"+profile, func(t *testing.T) {
				if requireNoWorse(t, client, rendered, harden(t, rendered, "--profile="+profile)) == 0 {
					t.Error("the chart comes out of datadog-harden as it went in")
				}
			})
		}
	}
}

// TestCorpus does the same with each file of a folder.
func TestCorpus(t *testing.T) {
	dir := os.Getenv(corpusVariable)
	if dir == "" {
		t.Logf("%s names no folder: nothing to try", corpusVariable)
		return
	}
	files := must(filepath.Glob(filepath.Join(dir, "*.yaml")))(t)
	if len(files) == 0 {
		t.Fatalf("no *.yaml in %s", dir)
	}
	client := newClient(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			rendered := must(os.ReadFile(file))(t)
			for _, profile := range profiles {
				requireNoWorse(t, client, rendered, harden(t, rendered, "--profile="+profile))
			}
		})
	}
}

// requireNoWorse has the API server judge documents before and after hardening.
// What it refuses before is the chart's affair, as long as it refuses it for
// the same reason after. It returns how many documents hardening changed.
func requireNoWorse(t *testing.T, client *cluster.Client, before, after []byte) (changed int) {
	t.Helper()
	docsBefore := must(cluster.Documents(before))(t)
	docsAfter := must(cluster.Documents(after))(t)
	if len(docsBefore) != len(docsAfter) {
		t.Fatalf("%d documents have become %d", len(docsBefore), len(docsAfter))
	}
	refusedBefore := 0
	for i, doc := range docsAfter {
		err := dryRun(t, client, doc)
		if !slices.Equal(docsBefore[i].Raw, doc.Raw) {
			changed++
		}
		if err == "" {
			continue
		}
		if was := dryRun(t, client, docsBefore[i]); was == err {
			refusedBefore++
			t.Logf("refused with and without hardening: %s", err)
		} else {
			t.Errorf("%s\nbefore hardening: %q", err, was)
		}
	}
	t.Logf("%d documents, %d changed, %d refused before hardening too", len(docsAfter), changed, refusedBefore)
	return changed
}

func dryRun(t *testing.T, client *cluster.Client, doc cluster.Document) string {
	t.Helper()
	namespace := doc.Object.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	newNamespace(t, client, namespace, nil)
	if _, err := client.DryRun(t.Context(), doc, namespace); err != nil {
		return err.Error()
	}
	return ""
}
