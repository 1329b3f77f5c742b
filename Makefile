# Ringside: `make run` builds and starts the shell, `make test` runs every test.

SWIFT ?= swift
FORMATTED = Package.swift Sources Tests Benchmarks

.PHONY: run test build deps format lint bench clean

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

clean:
	$(SWIFT) package clean
