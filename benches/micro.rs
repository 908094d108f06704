//! What single steps cost: a child span, encoding.
//!
//! `cargo bench -p ddlambda-benches --features criterion --bench micro`. Compare within one run.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use ddlambda::__bench as internal;

/// Spans per invocation: no more than functions have, since they stay in memory until the invocation ends.
const SPANS: u64 = 100;

fn child_span(criterion: &mut Criterion) {
    ddlambda::init();
    criterion.bench_function("child span", |bencher| {
        bencher.iter_custom(|count| {
            let mut taken = Duration::ZERO;
            for begun in (0..count).step_by(SPANS as usize) {
                taken += internal::within(|| {
                    let start = Instant::now();
                    for level in begun..count.min(begun + SPANS) {
                        let _span = tracing::info_span!("step", level, item = "widget").entered();
                    }
                    start.elapsed()
                });
            }
            taken
        });
    });
}

fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for spans in [1, 10, 1_000] {
        let encode = internal::encoder(spans);
        group.throughput(Throughput::Elements(spans as u64));
        group.bench_function(BenchmarkId::from_parameter(spans), |bencher| {
            bencher.iter(&encode)
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    child_span(&mut criterion);
    encoding(&mut criterion);
    criterion.final_summary();
}
