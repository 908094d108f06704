#!/bin/sh
# Instructions per warm invocation of the bare function, the traced one, and the traced one with five spans.
# Needs valgrind. What stands in PROFILES is the directory where callgrind's files stay, for `callgrind_annotate`.
set -eu
cd "$(dirname "$0")"
cargo build --quiet --release --bin bench-bare --bin bench-traced --bin bench-spans
cargo build --quiet --release --features drive --bin bench-drive
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
cd "$target/release"
./bench-drive ./bench-bare ./bench-traced ./bench-spans
