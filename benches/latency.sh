#!/bin/sh
# Latencies and memory of the bare function, the traced one, and the traced one with five spans, as Markdown.
#
#     latency.sh <lambda-bench> [options of its `compare`, such as --unsampled or --cold-starts 10]
#
# lambda-bench is a program of its own: a Lambda and an agent on loopback that take the times. The function has one core
# and the rest another, by far the steadiest arrangement; variants take turns, and ratios are taken within a turn. To be
# run while the machine does nothing else.
set -eu
bench=$(realpath "$1")
shift
cd "$(dirname "$0")"
cargo build --quiet --release --bin bench-bare --bin bench-traced --bin bench-spans
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
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
