#!/bin/sh
# Latencies of the bare function, the traced one, and the traced one with five spans, as Markdown.
#
#     latency.sh
#     latency.sh <lambda-bench> [options of its `compare`, such as --unsampled or --cold-starts 10]
#
# Functions take turns, and ratios are taken within a turn. To be run while the machine does nothing else. Without an
# argument the crate's own Lambda emulator and agent are at the other end. lambda-bench is a program of its own in their place
# that also measures starts and memory; the function has one core then and the rest another, the steadiest arrangement.
set -eu
if [ $# -gt 0 ]; then
    bench=$(realpath "$1")
    shift
fi
cd "$(dirname "$0")"
cargo build --quiet --release --bin bench-bare --bin bench-traced --bin bench-spans
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
if [ -z "${bench-}" ]; then
    cargo build --quiet --release --features drive --bin bench-latency
    cd "$target/release"
    exec ./bench-latency ./bench-bare ./bench-traced ./bench-spans
fi
directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
variants=
for function in bare traced spans; do
    variants="$variants${variants:+,}{\"name\":\"$function\",\"bootstrap\":\"$target/release/bench-$function\"}"
done
cat > "$directory/plan.json" <<PLAN
{"reps": 7, "baseline": "bare", "variants": [$variants],
 "events": [{"name": "REST event", "file": "$PWD/events/rest.json"}]}
PLAN
"$bench" compare "$directory/plan.json" --invocations 2000 --child-cpus 1 --server-cpus 0 \
    --markdown "$directory/table.md" --out "$directory/rows.json" --quiet "$@"
cat "$directory/table.md"
