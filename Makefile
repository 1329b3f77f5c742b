# Ringside: `make run` builds and starts the shell, `make test` runs every test.

SWIFT ?= swift
FORMATTED = Package.swift Sources Tests Benchmarks Differential/Package.swift Differential/Sources

.PHONY: run test build deps format lint bench differential differential-long clean

run: build
	@exec .build/release/ringside

build: deps
	$(SWIFT) build -c release --product ringside

test: deps lint
	$(SWIFT) test

# The one library that is not a Swift package.
deps:
	@tools/install-dependencies

lint:
	$(SWIFT) format lint --strict --recursive $(FORMATTED)

format:
	$(SWIFT) format --in-place --recursive $(FORMATTED)

bench: deps
	$(SWIFT) run -c release Benchmarks

# The simulator against the host's processor, /dev/kvm and Unicorn (see ARCHITECTURE.md). Needs libunicorn-dev.
DIFFERENTIAL = $(SWIFT) run -c release --package-path Differential --scratch-path .build/differential differential
COUNT ?= 1000000
SEED ?= 1

differential:
	$(DIFFERENTIAL) --seed 1 --count 50000 --oracles native,kvm,unicorn
	$(DIFFERENTIAL) --seed 1 --count 20000 --oracles native,kvm,stepping --blocks

differential-long:
	$(DIFFERENTIAL) --seed $(SEED) --count $(COUNT) --oracles native,unicorn
	$(DIFFERENTIAL) --seed $(SEED) --count $(COUNT) --oracles kvm --modes 64
	$(DIFFERENTIAL) --seed $(SEED) --count $(COUNT) --oracles native,stepping --blocks

clean:
	$(SWIFT) package clean
