# Everything a person or a CI machine needs: `make run`, `make test`, `make bench`.
# Each target installs what is missing first (Debian or Ubuntu, as root or with sudo).

# Build results live outside of the repository, so that copies of it share them.
CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/veche/target
export CARGO_TARGET_DIR
# Where rustup puts cargo; `make setup` may have installed it a moment ago.
export PATH := $(HOME)/.cargo/bin:$(PATH)

# Data of `make run`, and further arguments for it: make run ARGS="--set server.name=chat.example.org"
DATA ?= data
ARGS ?=

# Our own crates fully optimized. The dependencies are optimized by the profile already, so
# RocksDB is built once for tests, run and bench.
FAST := CARGO_PROFILE_DEV_OPT_LEVEL=3

.PHONY: help run build test kill bench fmt setup
help:
	@echo 'make run    build and start the server: https://localhost:8443, data in ./$(DATA)'
	@echo 'make test   everything that must pass: pages, format, lints, house rules, tests, suites'
	@echo 'make bench  figures, side by side with the peer'
	@echo 'make kill   a thousand kills under load, with an oracle'
	@echo 'make fmt    format the code'

run: build
	@mkdir -p -m 700 '$(DATA)'
	@exec '$(CARGO_TARGET_DIR)/debug/veche' serve --data '$(DATA)' --show-claim $(ARGS)

build: setup
	@$(FAST) .ci/run web_setup pages server

test: setup
	@.ci/run setup_tests web_setup web fmt clippy build tidy unit suites site calls web_suite sdk matrix_sdk turn_client fuzz

# A thousand kills instead of a hundred.
kill: setup
	@VECHE_KILL_CYCLES=1000 .ci/run setup_tests build kill

bench: build
	@.ci/run bench

fmt: setup
	@cargo fmt --all

setup:
	@.ci/run setup
