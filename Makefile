# The commands of the project. `make test` is all that a newcomer needs.

MODULES := . ./cmd/standalone ./internal/elastictest/container
PACKAGES := $(addsuffix /...,$(MODULES))

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.4.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
GO_LICENSES := github.com/google/go-licenses/v2@v2.0.1
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.14.3
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

# Flags for `go test`.
TESTFLAGS ?= -timeout 20m

.PHONY: test race vet lint workflowcheck deployments generate docs fmt check vuln licenses release-check snapshot reproducible release

# Every test, against real parts. The first run builds the embedded Temporal server, which takes some minutes.
test: deployments
	go test $(TESTFLAGS) $(PACKAGES)

# What is in deployments/. Its module stays out of the workspace, where its many dependencies would raise the versions of the programs' own.
IN_DEPLOYMENTS := cd deployments && GOWORK=off

deployments:
	$(IN_DEPLOYMENTS) go vet ./...
	$(IN_DEPLOYMENTS) go test -timeout 30m ./...

# The same with the race detector. SQLite, which is C translated to Go, is left out of it: nothing of ours is in there, and it
# would make the tests of the task log five times slower.
RACEFLAGS := -race -gcflags=modernc.org/...=-race=false -timeout 30m

# A workflow that the SDK takes for dead after a second runs on, which the detector reports as a race in the SDK; TEMPORAL_DEBUG turns that off
# for the workers that tests make themselves.
race:
	TEMPORAL_DEBUG=1 $(MAKE) test TESTFLAGS="$(RACEFLAGS)"

vet:
	go vet $(PACKAGES)
	cd examples/migration && GOWORK=off go vet ./...

lint:
	@for m in $(MODULES); do echo "lint $$m"; (cd $$m && go run $(GOLANGCI_LINT) run ./...) || exit 1; done
	$(IN_DEPLOYMENTS) go run $(GOLANGCI_LINT) run ./...

# Workflow code must be deterministic.
workflowcheck:
	go run $(WORKFLOWCHECK) -config workflowcheck.yaml ./workflows

# The Go client of the REST API follows api/openapi.yaml.
generate:
	go generate ./api/apiclient

# The pages of commands and keys follow the programs.
docs:
	UPDATE_DOCS=1 go test ./internal/config ./internal/cli ./cmd/api ./cmd/worker ./cmd/standalone -run TheReference

fmt:
	gofmt -w $$(git ls-files '*.go')

# Everything that must be green before a change is submitted.
check: vet lint workflowcheck race

# Vulnerabilities that the code can run into, by Go's own database (https://vuln.go.dev), which must be reached.
vuln:
	@for m in $(MODULES); do echo "govulncheck $$m"; (cd $$m && go run $(GOVULNCHECK) ./...) || exit 1; done

# Licences of what the programs are linked from: permissive ones and MPL, no other. Two modules have no file that says theirs, and the one
# with the odd name is how the tool reads Apache Thrift's: docs/dependencies.md.
CHECK_LICENSES := go run $(GO_LICENSES) check \
	--allowed_licenses=Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0,GNU-All-permissive-Copying-License \
	--ignore=github.com/nexus-rpc/nexus-proto-annotations --ignore=github.com/cactus/go-statsd-client/statsd \
	--ignore=github.com/distributed-task-queue/taskqueue

licenses:
	$(CHECK_LICENSES) ./cmd/api ./cmd/worker ./cmd/taskctl
	cd cmd/standalone && $(CHECK_LICENSES) .

# How releases are built: .goreleaser.yaml. The SBOMs are made by cyclonedx-gomod, which goreleaser finds on the path.
TOOLS := $(CURDIR)/bin
RELEASE := PATH="$(TOOLS):$$PATH" goreleaser

$(TOOLS)/goreleaser:
	GOBIN=$(TOOLS) go install $(GORELEASER)

$(TOOLS)/cyclonedx-gomod:
	GOBIN=$(TOOLS) go install $(CYCLONEDX)

release-check: $(TOOLS)/goreleaser
	$(RELEASE) check

# Everything of a release, in dist/, without publishing anything. One program after the other: in archives they are in the order in which they
# were built.
snapshot: $(TOOLS)/goreleaser $(TOOLS)/cyclonedx-gomod
	$(RELEASE) release --snapshot --clean --parallelism=1

release: $(TOOLS)/goreleaser $(TOOLS)/cyclonedx-gomod
	$(RELEASE) release --clean --parallelism=1

# The last commit, built as a release in two checkouts in different folders, each from scratch, must give the same bytes. It takes a while.
reproducible: $(TOOLS)/goreleaser
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && for n in one another; do \
		git clone --quiet . $$dir/$$n && \
		(cd $$dir/$$n && GOCACHE=$$dir/$$n.cache $(RELEASE) build --snapshot --single-target --clean) && \
		(cd $$dir/$$n/dist && find . -type f -perm -u+x | sort | xargs sha256sum) >$$dir/$$n.sums || exit 1; \
	done; cat $$dir/one.sums; diff $$dir/one.sums $$dir/another.sums
