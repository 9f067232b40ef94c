# The commands of the project. `make test` is all that a newcomer needs.

MODULES := . ./cmd/standalone ./internal/elastictest/container
PACKAGES := $(addsuffix /...,$(MODULES))

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.4.0

# Flags for `go test`.
TESTFLAGS ?= -timeout 20m

.PHONY: test race vet lint workflowcheck deployments generate fmt check

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

race:
	$(MAKE) test TESTFLAGS="$(RACEFLAGS)"

vet:
	go vet $(PACKAGES)

lint:
	@for m in $(MODULES); do echo "lint $$m"; (cd $$m && go run $(GOLANGCI_LINT) run ./...) || exit 1; done
	$(IN_DEPLOYMENTS) go run $(GOLANGCI_LINT) run ./...

# Workflow code must be deterministic.
workflowcheck:
	go run $(WORKFLOWCHECK) -config workflowcheck.yaml ./workflows

# The Go client of the REST API follows api/openapi.yaml.
generate:
	go generate ./api/apiclient

fmt:
	gofmt -w $$(git ls-files '*.go')

# Everything that must be green before a change is submitted.
check: vet lint workflowcheck race
