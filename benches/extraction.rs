//! Extraction, and next to it the decoding of the same event, for every source and by size of event.
//!
//! `cargo bench -p ddlambda-benches --features criterion --bench extraction`. Compare within one run; the program
//! `extraction-ratios` does, and prints a table.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use ddlambda::__bench::{find_context, read};
use ddlambda_benches::events::SHAPES;
use lambda_runtime::Context;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let context = Context::default();
    for shape in SHAPES {
        let mut group = criterion.benchmark_group(format!("{}, {}", shape.source, shape.growing));
        for size in [1_000, 10_000, 256_000, 6_000_000] {
            let event = shape.event(Some(size));
            group.throughput(Throughput::Bytes(event.len() as u64));
            group.bench_function(BenchmarkId::new("context", size), |bencher| {
                bencher.iter(|| find_context(black_box(&event), &context));
            });
            group.bench_function(BenchmarkId::new("all", size), |bencher| {
                bencher.iter(|| read(black_box(&event), &context));
            });
            group.bench_function(BenchmarkId::new("decode", size), |bencher| {
                bencher.iter(|| shape.decode(black_box(&event)));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
