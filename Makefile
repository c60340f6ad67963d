# The few words a person types. CI types them too: .ci/run.

VERSION := $(shell sed -n 's/^version: //p' plugin.yaml)
LDFLAGS := -s -w -X main.version=$(VERSION)
PREFIX  ?= /usr/local
BIN     := bin/datadog-harden

.PHONY: fuzz build demo test e2e bench evidence install dist completion clean

build:
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o $(BIN) .

# The main job on a bundled sample: what changes, line by line, and the summary.
demo: build
	@$(BIN) < testdata/sample.yaml > bin/hardened.yaml
	@echo; echo "What changed in testdata/sample.yaml (the whole is in bin/hardened.yaml):"; echo
	@diff -U1 testdata/sample.yaml bin/hardened.yaml || test $$? = 1

test:
	go vet ./...
	go test ./...

# Each fuzz target, from the seeds in the repository. The default counts runs:
# with a time, go fails now and then because the time is over.
# make fuzz FUZZTIME=20m takes it further.
fuzz:
	go test ./internal/stream -run '^$$' -fuzz '^FuzzSplit$$' -fuzztime $(or $(FUZZTIME),10000x)
	go test ./internal/stream -run '^$$' -fuzz '^FuzzKind$$' -fuzztime $(or $(FUZZTIME),500000x)
	go test ./internal/block -run '^$$' -fuzz '^FuzzRead$$' -fuzztime $(or $(FUZZTIME),200000x)
	go test ./internal/edit -run '^$$' -fuzz '^FuzzDocument$$' -fuzztime $(or $(FUZZTIME),200000x)
	go test ./internal/manifest -run '^$$' -fuzz '^FuzzHarden$$' -fuzztime $(or $(FUZZTIME),20000x)

# The real Helm 3, Helm 4, kustomize and control plane: minutes, the first time.
e2e: build
	cd e2e && go vet ./... && go test -timeout 60m ./...

# The benchmarks of each stage, in the form that benchstat reads, then the tables
# of the README: make bench RENDER=FILE CORPUS=DIR
# It needs hyperfine, and 2 GB of temporary files: CURVE=1,10,100 needs 200 MB.
RENDER ?= testdata/sample.yaml
CURVE  ?= 1,10,100,1000
COUNT  ?= 6
bench:
	go test ./internal/manifest -run '^$$' -bench . -count $(COUNT)
	@echo
	@go run ./internal/bench -render $(RENDER) $(if $(CORPUS),-renders $(CORPUS)) -curve $(CURVE) -dependencies

# What the Pod Security Standards forbid in a folder of manifests, before and
# after, as the tables of the README: make evidence CORPUS=DIR
evidence:
	@go run ./internal/evidence/table $(CORPUS)

install: build
	install -D -m 0755 $(BIN) $(DESTDIR)$(PREFIX)/bin/datadog-harden

# What a release consists of, for every platform, in dist/: internal/release.
# make dist KEY=FILE signs the archives with an armoured private PGP key.
dist:
	go run ./internal/release -out dist $(if $(KEY),-key $(KEY))

# The scripts with which shells complete the flags, in bin/completion.
completion: build
	@mkdir -p bin/completion
	@for shell in bash zsh fish powershell; do $(BIN) completion $$shell > bin/completion/$$shell; done

clean:
	rm -rf bin dist
