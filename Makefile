# The two commands to know are "make demo" and "make test". "make" alone lists them all.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

TAGS  := sqlite_fts5
BIN   := bin/clawback
# Extra flags for the demo, such as ARGS="--listen 127.0.0.1:9000 --mailboxes 10000".
ARGS  ?=
# Which tests or benchmarks to run, such as RUN=TestSmoke, and which tests not.
RUN   ?=
SKIP  ?=
BENCH ?= .

# The Go files that go into the binary are not listed: the Go command knows what is up to date.
.PHONY: help demo build test check-generated lint vet staticcheck unit e2e kills screenshots pictures bench microbench generate fmt setup setup-go image check-image clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## Run the portal beside a simulated Microsoft 365; ARGS="--listen 127.0.0.1:9000" and the like
	@exec $(BIN) demo $(ARGS)

build: setup-go ## Build bin/clawback
	@scripts/progress "Building. The first time compiles Microsoft's Graph SDK: about 4 minutes on 2 cores, once." \
		go build -tags $(TAGS) -o $(BIN) ./cmd/clawback

test: setup-go check-generated lint unit e2e ## Everything CI checks: generated code, format, vet, staticcheck, arrows, unit tests with the race detector, browser journeys
	@echo "All good."

check-generated: ## Fail when generated code or formatting is out of date
	@echo "== generated code and formatting"
	@scripts/check-generated

lint: setup-go ## Import arrows and house rules, then vet and staticcheck
	@echo "== arrows and house rules"
	@go run ./scripts/lint
	@$(MAKE) --no-print-directory vet staticcheck

vet:
	@echo "== vet"
	@scripts/progress "Compiling. The first time includes Microsoft's Graph SDK: about 4 minutes on 2 cores, once." \
		go vet -tags $(TAGS) ./...

staticcheck:
	@echo "== staticcheck"
	@scripts/progress "Analyzing. The first time includes the Graph SDK: about 2 minutes, once." \
		go tool -modfile=tools.mod staticcheck -tags $(TAGS) ./...

unit: setup-go ## Unit tests with the race detector; RUN=TestName for some of them
	@echo "== unit tests"
	@scripts/progress "Compiling for the race detector. The first time includes the Graph SDK: about 4 minutes and 4.5 GB of memory, once." \
		go test -race -timeout 30m -tags $(TAGS) $(if $(RUN),-run '$(RUN)') $$(go list -tags $(TAGS) ./... | grep -v '/e2e$$')

e2e: build ## Browser journeys against bin/clawback; RUN=TestName for some of them
	@echo "== browser journeys"
	@scripts/setup-browser || [ -z "$${CI:-}$${E2E_REQUIRED:-}" ]
	@CLAWBACK_BIN=$(abspath $(BIN)) scripts/progress "Driving the browser." \
		go test -count=1 -timeout 45m -tags $(TAGS) $(if $(RUN),-run '$(RUN)' -v) $(if $(SKIP),-skip '$(SKIP)') ./e2e

kills: build ## Kill the portal at 500 random moments of removing from 2,000 mailboxes; KILLS=20 for fewer
	@CLAWBACK_BIN=$(abspath $(BIN)) CLAWBACK_KILLS=$(or $(KILLS),500) CLAWBACK_KILL_MAILBOXES=2000 scripts/progress "Killing." \
		go test -count=1 -timeout 120m -tags $(TAGS) -run 'TestKills' -v ./e2e

screenshots: ## Browser journeys that leave pictures of every page in e2e/artifacts/pictures
	@CLAWBACK_SCREENSHOTS=$(abspath e2e/artifacts/pictures) $(MAKE) --no-print-directory e2e

pictures: ## Take the pictures of every page in every state anew, into docs/pictures; RUN=TestName for those of one journey
	@CLAWBACK_PICTURES=$(abspath docs/pictures) E2E_REQUIRED=1 $(MAKE) --no-print-directory e2e SKIP='TestHarness|TestStatic|TestKills'

bench: build ## Measure the removal, about 20 minutes on a machine that does nothing else, into docs/performance.md; BENCH=Name for some
	@CLAWBACK_BIN=$(abspath $(BIN)) scripts/progress "Compiling and measuring." \
		go test -timeout 180m -tags $(TAGS) -run '^$$' -bench '$(BENCH)' -benchtime 1x ./e2e ./m365sim/clients | tee bin/bench.txt
	@[ -n "$${CLAWBACK_BENCH_SHARE:-}" ] || go run ./scripts/figures docs/performance.md <bin/bench.txt

microbench: setup-go ## Benchmarks of single packages; BENCH=Name for some of them
	@scripts/progress "Compiling and measuring." \
		go test -tags $(TAGS) -run '^$$' -bench '$(BENCH)' -benchmem $$(go list -tags $(TAGS) ./... | grep -v -e '/e2e$$' -e '/clients$$')

generate: setup-go ## Make the *_templ.go from the templates
	@go tool templ generate

fmt: setup-go ## Format Go and templ sources
	@find . -name '*.go' -not -name '*_templ.go' -not -path '*/node_modules/*' -not -path './.*' -print0 | xargs -0 gofmt -w
	@go tool templ fmt .

setup: setup-go ## Fetch all that building and testing need: modules, Chromium, the browser driver
	@go mod download
	@go mod download -modfile=tools.mod
	@scripts/setup-browser

setup-go:
	@command -v go >/dev/null || { echo "Go is missing: install version $$(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl" >&2; exit 1; }
	@command -v $${CC:-cc} >/dev/null || command -v gcc >/dev/null || { echo "A C compiler is missing (SQLite needs one). Debian: apt-get install gcc libc6-dev" >&2; exit 1; }

# What the image is called, and what is handed to the builder, such as IMAGE_ARGS="--build-arg RUN_BASE=...".
IMAGE      ?= clawback
IMAGE_ARGS ?=
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

image: ## Build the container image with Docker, Podman or buildah; IMAGE=name, VERSION=1.2.3
	@if docker info >/dev/null 2>&1; then DOCKER_BUILDKIT=1 docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) $(IMAGE_ARGS) .; \
	elif command -v podman >/dev/null; then podman build --format docker --build-arg VERSION=$(VERSION) -t $(IMAGE) $(IMAGE_ARGS) .; \
	elif command -v buildah >/dev/null; then buildah build --format docker --build-arg VERSION=$(VERSION) -t $(IMAGE) $(IMAGE_ARGS) .; \
	else echo "Nothing here builds images: install Docker (and start it), Podman or buildah. Debian: apt-get install buildah" >&2; exit 1; fi

check-image: ## Build the image and try it without a container engine, as root; ARGS=--local where no registry is reached
	@scripts/check-image $(ARGS)

clean: ## Remove what was built, the browser driver and the tests' leftovers
	rm -rf bin e2e/artifacts e2e/.driver e2e/node_modules
