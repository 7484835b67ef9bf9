# Everything that a contributor runs. `make` alone lists it.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
.DEFAULT_GOAL := help

NODES ?= 3
ONLY ?=
MINUTES ?= 10
NODE_TEST := node hack/test/run.ts

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# npm brings everything that the scripts run, Node itself included. Not `npm ci`: it refuses a lock file that was made where
# the optional binaries of other platforms could not be had. This keeps to the locked versions too, and never writes the file.
node_modules/.installed: package.json package-lock.json
	npm install --no-save --no-fund --no-audit
	@touch $@

.PHONY: deps
deps: node_modules/.installed ## Install what the scripts need from npm

.PHONY: demo
demo: deps ## A cluster, the operator, a VM, and a command in it over ssh
	hack/demo

.PHONY: test
test: deps ## Everything: types, lint, unit, API server, chart, pod, and a cluster with real guests
	hack/test/all

.PHONY: unit
unit: deps ## Tests that need nothing but Node (seconds); ONLY=TEXT narrows
	$(NODE_TEST) operator bench hack/crds hack/docs hack/test --except .api.test --only '$(ONLY)'

.PHONY: api
api: deps ## Tests against a real API server and etcd, without nodes; ONLY=TEXT narrows
	$(NODE_TEST) operator bench hack/charts hack/docs --only '$(or $(ONLY),.api.test)' --jobs 1 --timeout 600

.PHONY: soak
soak: deps ## Lives and faults for MINUTES=10, after which the operator must hold no more than before
	EPHEMERA_SOAK_MINUTES=$(MINUTES) $(NODE_TEST) operator --only soak.api.test --timeout $$(($(MINUTES) * 60 + 600)) --verbose

.PHONY: e2e
e2e: deps ## Tests on a cluster with real guests; ONLY=boot-and-ssh runs one
	e2e/setup
	hack/cluster/in $(NODE_TEST) e2e --only '$(ONLY)' --jobs 1 --timeout 900 --verbose

.PHONY: lint
lint: deps ## Types, style, and generated files that are up to date
	tsc
	biome check .
	node hack/crds/generate.ts --check
	node hack/docs/api.ts --check

.PHONY: crds
crds: deps ## Generate crds/ from the schemas in operator/api
	node hack/crds/generate.ts

.PHONY: images
images: deps ## Build the images of the operator and of the VM pods; prints where they are
	@hack/images/operator
	@hack/images/runner

.PHONY: manifest
manifest: deps ## Render the one plain manifest from the chart
	hack/manifest

.PHONY: cluster-up
cluster-up: deps ## Start the test cluster (NODES=1 for less)
	hack/cluster/up --nodes $(NODES)

.PHONY: cluster-down
cluster-down: ## Remove the test cluster and all that it left on this machine
	hack/cluster/down

.PHONY: install
install: deps ## Build from this tree and install into the cluster
	hack/install

.PHONY: bench-boot
bench-boot: deps ## Boot time and memory of a VM against a pod written by hand and bare QEMU
	e2e/setup
	hack/cluster/in node bench/boot/run.ts

.PHONY: bench-control
bench-control: deps ## Speed and cost of the control plane at up to 8,000 instances, without nodes
	node bench/control/run.ts

.PHONY: bench-snapshot
bench-snapshot: deps ## What a snapshot costs the guest, how long it takes, and how its child boots
	e2e/setup
	hack/cluster/in node bench/snapshot/run.ts

.PHONY: clean
clean: ## Remove what was built into this folder (caches stay: see docs/contributing.md)
	rm -rf build node_modules
