# Every target does its own set-up: a fresh clone needs Node >= 20, npm, make and git, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# npm brings the Node that the project runs on; the system's own only runs npm.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
NODE := node_modules/.bin/node
INSTALLED := node_modules/.installed

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[1m%-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Set-up

.PHONY: setup deps
setup: $(INSTALLED) ## Install what the project needs into node_modules
deps: setup ## The same as setup

$(INSTALLED): package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is not installed: install Node.js 20 or later (https://nodejs.org), then run make again." >&2; exit 1; }
	@echo "Installing dependencies (npm ci) ..."
	@npm ci --no-audit --no-fund --loglevel=error || { \
	  echo "npm could not install the dependencies: what it says above is the cause. With a proxy or a mirror, check 'npm config get registry'." >&2; exit 1; }
	@$(NODE) --version >/dev/null 2>&1 || { \
	  echo "The project's own Node did not install: npm has to run the install script of the package 'node'." >&2; \
	  echo "Check that 'npm config get ignore-scripts' says false, then run: npm rebuild node && make setup" >&2; exit 1; }
	@touch $@

##@ Use

.PHONY: demo
demo: $(INSTALLED) ## Judge three canaries on a small cluster of real processes (under 60 s, no key, no network); LAB=real: with the stock Argo Rollouts (needs Go)
	@$(NODE) examples/demo/main.ts

##@ Build

.PHONY: build build-all plugin-folder
BUNDLE := esbuild --bundle --platform=node --format=esm --target=node22 --log-level=warning --legal-comments=linked \
  --banner:js="import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);"
# The plugin has to start at once. An import of one of Node's modules loads all that it exports, asking for the module does
# not: that is 5 ms and 5 MB. So its bundle is a script whose imports ask.
BUNDLE_PLUGIN := esbuild --bundle --platform=node --format=cjs --target=node22 --log-level=warning --legal-comments=linked \
  --supported:dynamic-import=false --minify-whitespace --minify-syntax --banner:js="const require = process.getBuiltinModule;"
build: $(INSTALLED) ## Bundle plugin, operator, its distill worker and command line into build/
	@$(BUNDLE_PLUGIN) plugin/main.ts --outfile=build/plugin.mjs
	@$(BUNDLE) operator/main.ts --outfile=build/operator.mjs
	@$(BUNDLE) operator/cli/main.ts --outfile=build/canary-analysis.mjs
	@$(BUNDLE) operator/distill-worker/main.ts --outfile=build/distill-worker.mjs
	@ls -l build/*.mjs | awk '{printf "%9d bytes  %s\n", $$5, $$9}'
build-all: build ## The same as build: the bundles run on every platform that Node runs on
plugin-folder: build ## Assemble build/metric-ai: the plugin with Node, its libraries and their loader (docs/installation.md)
	@$(NODE) plugin/image/assemble.ts build/metric-ai

.PHONY: generate generate-redaction
generate: $(INSTALLED) ## Write CRD, JSON Schema and validators from the types in crds/v1alpha1
	@$(NODE) crds/generate/main.ts
REDACTION_RULES := operator/redact/generated/gitleaks-rules.ts
generate-redaction: $(INSTALLED) ## Write the table of gitleaks' redaction rules from the pinned module (needs Go)
	@source=$$($(NODE) operator/redact/generate/main.ts --source); \
	  dir=$$(cd /tmp && GOFLAGS=-mod=mod go mod download -json $$source | sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p'); \
	  $(NODE) operator/redact/generate/main.ts < $$dir/config/gitleaks.toml > $(REDACTION_RULES).new && mv $(REDACTION_RULES).new $(REDACTION_RULES)

##@ Check

# FORBID_SKIPPED=yes: a skipped test counts as a failure, as in `make ci`.
RUN_SUITES = $(NODE) test/run.ts $(if $(filter yes,$(FORBID_SKIPPED)),--forbid-skipped)
FAST_SUITES := unit integration injection host e2e
REAL_SUITES := rollouts integration-real real
.PHONY: ci test test-unit test-integration test-injection test-github test-host test-e2e test-coverage lint format
test: lint ## The fast tests: lint, unit, integration, injection, the Go host and the demo (some two minutes)
	@$(RUN_SUITES) $(FAST_SUITES)
test-unit: $(INSTALLED) ## Unit tests only
	@$(NODE) test/run.ts unit
test-integration: $(INSTALLED) ## Plugin and operator as processes against an API server
	@$(NODE) test/run.ts integration
test-injection: $(INSTALLED) ## What logs may say to a reviewer: a hundred attacks against the worst model (some 15 s)
	@$(NODE) test/run.ts injection
test-github: $(INSTALLED) ## Reports that are killed or refused half-way, at the pace that GitHub asks for (some two minutes)
	@$(NODE) test/run.ts github
test-host: $(INSTALLED) ## The plugin under Argo Rollouts' own Go client (needs Go; else skipped)
	@$(NODE) test/run.ts host
test-e2e: $(INSTALLED) ## The install and whole rollouts on a real control plane with stock Argo Rollouts (needs Go; the first run builds them, some 15 minutes)
	@$(RUN_SUITES) $(REAL_SUITES)
ci: lint ## All suites, where a skipped test counts as a failure
	@$(NODE) test/run.ts --forbid-skipped $(FAST_SUITES) $(REAL_SUITES) github
test-coverage: $(INSTALLED) ## Unit and integration tests with line coverage in coverage/
	@c8 --reporter=text-summary --reporter=html --include='crds/**' --include='plugin/**' --include='operator/**' \
	  $(NODE) test/run.ts unit integration
lint: $(INSTALLED) ## Types, style, and that everything generated is up to date
	@tsc
	@biome check --error-on-warnings .
	@$(NODE) crds/generate/main.ts --check
format: $(INSTALLED) ## Rewrite the sources in the project's style
	@biome check --write .

##@ Measure

.PHONY: eval
eval: $(INSTALLED) ## How often the judge is right: synthetic pairs, or CASES=FOLDER of bundles (SEED=, SIZE=; REVIEWER=gemini|openai|a2a; docs/evaluation.md)
	@$(NODE) test/eval/main.ts $(if $(CASES),--cases '$(CASES)') $(if $(SEED),--seed '$(SEED)') $(if $(SIZE),--size '$(SIZE)') $(if $(REVIEWER),--reviewer '$(REVIEWER)')

.PHONY: bench bench-plugin bench-distill
bench: bench-plugin bench-distill ## All benchmarks
bench-plugin: build ## The plugin beside a minimal one in Go under the same host (needs Go; three minutes)
	@$(NODE) test/bench/plugin.ts
bench-distill: $(INSTALLED) ## Logs to templates, in MB per CPU-second, beside Drain in Rust and Python where they install
	@$(NODE) test/bench/distill.ts

##@ Install

.PHONY: manifests install uninstall docker-build docker-buildx
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' package.json)
# With a slash at its end, e.g. REGISTRY=registry.example.com/team/
REGISTRY ?=
IMG ?= $(REGISTRY)canary-analysis-operator:$(VERSION)
PLUGIN_IMG ?= $(REGISTRY)canary-analysis-plugin:$(VERSION)
ROLLOUTS_VERSION ?= v1.10.1
ROLLOUTS_IMG ?= $(REGISTRY)argo-rollouts-metric-ai:$(ROLLOUTS_VERSION)-$(VERSION)
OVERLAY ?= cluster
manifests: $(INSTALLED) ## Render the bundles in manifests/ from kustomize/
	@$(NODE) kustomize/render.ts
# CRDS=yes only: what else it may have been meant to say is not guessed.
CRDS_FLAG = $(if $(filter-out yes,$(CRDS)),$(error CRDS is "$(CRDS)": say CRDS=yes to delete every CanaryAnalysis too, or leave it out))$(if $(CRDS),--crds)
INSTALL = $(NODE) kustomize/install.ts $(1) --overlay '$(OVERLAY)' --image '$(IMG)' --plugin-image '$(PLUGIN_IMG)' \
  --rollouts-image '$(ROLLOUTS_IMG)' --namespace '$(NAMESPACE)' $(CRDS_FLAG)
install: $(INSTALLED) ## Install into the cluster of your kubectl: IMG=, PLUGIN_IMG= or REGISTRY=; OVERLAY=, NAMESPACE= (docs/installation.md)
	@$(call INSTALL,install)
uninstall: $(INSTALLED) ## Take it out again; CRDS=yes also deletes the record of all decisions
	@$(call INSTALL,uninstall)

PLATFORMS ?= linux/amd64,linux/arm64
BUILD_ARGS = --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) \
  --build-arg ROLLOUTS_IMAGE=quay.io/argoproj/argo-rollouts:$(ROLLOUTS_VERSION)
# Each target of the Dockerfile and its image.
IMAGES := operator=$(IMG) plugin=$(PLUGIN_IMG) argo-rollouts=$(ROLLOUTS_IMG)
define REQUIRE_DOCKER
command -v docker >/dev/null || { echo "docker is not on the PATH: install Docker with buildx, or build the Dockerfile's targets with a tool of yours." >&2; exit 1; }
docker info >/dev/null 2>&1 || { echo "docker reaches no daemon: start one, or point DOCKER_HOST at one." >&2; exit 1; }
docker buildx version >/dev/null 2>&1 || { echo "docker has no buildx, which the Dockerfile needs: https://docs.docker.com/go/buildx" >&2; exit 1; }
endef
docker-build: ## Build the three images for this machine: operator, plugin, argo-rollouts with the plugin (needs Docker)
	@$(REQUIRE_DOCKER)
	@for image in $(IMAGES); do docker buildx build --load --target "$${image%%=*}" --tag "$${image#*=}" $(BUILD_ARGS) .; done
docker-buildx: ## Build them for PLATFORMS (linux/amd64,linux/arm64) and push them to REGISTRY (needs Docker)
	@[ -n '$(REGISTRY)' ] || { echo "say where to push to: make docker-buildx REGISTRY=registry.example.com/team/" >&2; exit 1; }
	@$(REQUIRE_DOCKER)
	@for image in $(IMAGES); do docker buildx build --push --platform '$(PLATFORMS)' --provenance=mode=max --sbom=true \
	  --target "$${image%%=*}" --tag "$${image#*=}" $(BUILD_ARGS) .; done
