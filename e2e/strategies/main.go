// Strategies renders a chart through Helm 4's library as `helm template` does,
// with the post-rendering strategy of its first argument.
//
// Helm 4 can give a post-renderer the hooks with the rest, in a run of their
// own, or not at all, but its command line always does the first; this program
// is how the tests come by the others. It is a module of its own to keep Helm's
// dependencies out of the tests'.
//
//	strategies STRATEGY CHART RELEASE PLUGIN [ARGUMENT ...]
//
// The plugin is looked for where Helm looks, and gets the arguments. Hooks are
// written before the rest.
package main

import (
	"fmt"
	"io"
	"os"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/loader"
	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/postrenderer"
	release "helm.sh/helm/v4/pkg/release/v1"
)

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: strategies STRATEGY CHART RELEASE PLUGIN [ARGUMENT ...]")
		os.Exit(2)
	}
	strategy := action.PostRenderStrategy(os.Args[1])
	rendered, err := render(strategy, os.Args[2], os.Args[3], os.Args[4], os.Args[5:])
	if err == nil {
		err = write(os.Stdout, rendered)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func render(strategy action.PostRenderStrategy, chartPath, name, plugin string, args []string) (*release.Release, error) {
	settings := cli.New()
	postRenderer, err := postrenderer.NewPostRendererPlugin(settings, plugin, args...)
	if err != nil {
		return nil, err
	}
	chart, err := loader.Load(chartPath)
	if err != nil {
		return nil, err
	}
	install := action.NewInstall(action.NewConfiguration())
	install.DryRunStrategy = action.DryRunClient
	install.ReleaseName = name
	install.Namespace = settings.Namespace()
	install.PostRenderer = postRenderer
	install.PostRenderStrategy = strategy
	released, err := install.Run(chart, nil)
	if err != nil {
		return nil, err
	}
	return released.(*release.Release), nil
}

func write(w io.Writer, r *release.Release) error {
	for _, hook := range r.Hooks {
		if _, err := fmt.Fprintf(w, "---\n%s\n", hook.Manifest); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, r.Manifest)
	return err
}
