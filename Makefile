# Muster's commands. `make` alone lists them.
#
# ARGS passes arguments on: make simulate ARGS="--fleet 64x8/16 --policy fifo,fair"

.DEFAULT_GOAL := help
.PHONY: help up demo simulate test test-kubernetes live determinism fuzz liveness health-sim bench quality format lint build release clean packages

ARGS ?=
DEMO = --workload llm --policy fifo,first-fit,easy,fair --html simulation.html
SOURCES = $(wildcard Package.swift Core/Package.swift Benchmarks/Package.swift) \
	$(wildcard Sources Tests Core/Sources Core/Tests Benchmarks/Sources Benchmarks/Tests)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r name text; do \
		printf '  make %-16s %s\n' "$$name" "$$text"; done

up: packages ## run the control plane with this machine as its fleet, http://127.0.0.1:7070
	swift run -c release muster up $(ARGS)

demo: packages ## the same on 1,024 simulated GPUs with users and faults, 60 times as fast
	swift run -c release muster up --demo $(ARGS)

simulate: packages ## schedule jobs on a simulated fleet and show what happened
	swift run -c release muster simulate $(or $(ARGS),$(DEMO))

# So many tests at a time: all 1,200 at once keep 2,000 files open and 300 threads, and none ends in
# the first minute and a half. Swift 6.2 has no such option and starts all of them.
WIDTH = $(patsubst %,% 32,$(shell swift test --help-hidden | grep -o -- \
	'--experimental-maximum-parallelization-width' | head -n 1))

test: packages ## run all tests, then compare debug and release runs
	cd Core && swift test
	swift test $(WIDTH)
	scripts/check-determinism

test-kubernetes: packages ## test against a real kube-apiserver, built once if there is none
	swift build --build-tests
	scripts/kube-test-env run -- swift test --skip-build --filter KubernetesClientTests
	# A cluster of its own: its kubelet looks after every pod.
	scripts/kube-test-env run --scheduler -- swift test --skip-build --filter KubernetesBackendTests
	swift build -c release --product muster
	scripts/check-failover
	scripts/check-gang-latency
	scripts/check-manifests --program .build/release/muster
	scripts/check-workloads

live: packages ## kill, load and probe a running control plane: crashes, API, real jobs
	scripts/check-live $(ARGS)

determinism: packages ## compare the states that debug and release runs end in
	scripts/check-determinism

fuzz: packages ## put the engine to random torture; ARGS="--steps 20000000" for more
	swift run -c release --package-path Core muster-fuzz $(ARGS)
	scripts/check-fuzz-finds-bug

liveness: packages ## look for gangs that wait beyond their bound, in streams of smaller work
	swift run -c release --package-path Core muster-fuzz --only liveness $(ARGS)

health-sim: packages ## break a fleet of 2,048 GPUs for 90 days and print what health is worth
	swift run -c release --package-path Core muster-health-sim $(ARGS)

bench: packages ## run the benchmarks
	swift run -c release --package-path Benchmarks muster-bench $(ARGS)
	scripts/bench-traces

quality: packages ## compare all policies on traces and write docs/QUALITY.md
	scripts/bench-quality $(ARGS)

format: packages ## rewrite all sources in the one format
	swift format --in-place --parallel --recursive $(SOURCES)

lint: packages ## fail if a source is not in the one format
	swift format lint --strict --parallel --recursive $(SOURCES)

build: packages ## debug build
	swift build

release: packages ## optimised build
	swift build -c release

clean: ## delete what builds made
	rm -rf .build Core/.build Benchmarks/.build

packages:
	@scripts/ensure-packages
