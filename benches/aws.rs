//! What the interceptor adds to a call of AWS, apart from what the network takes.
//!
//! `cargo bench -p ddlambda-benches --features criterion --bench aws`. Compare within one run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use ddlambda::__bench as internal;
use ddlambda_benches::aws::Client;

/// Calls per invocation: no more than functions make, since spans stay in memory until the invocation ends.
const CALLS: u64 = 20;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let client = Client::default();
    let interceptor = ddlambda::aws::interceptor();
    criterion.bench_function("call of SQS, outside of an invocation", |bencher| {
        bencher.iter(|| black_box(client.call(&interceptor)));
    });
    criterion.bench_function("call of SQS, traced", |bencher| {
        bencher.iter_custom(|count| {
            let mut taken = Duration::ZERO;
            for begun in (0..count).step_by(CALLS as usize) {
                taken += internal::within(|| {
                    let start = Instant::now();
                    for _ in begun..count.min(begun + CALLS) {
                        black_box(client.call(&interceptor));
                    }
                    start.elapsed()
                });
            }
            taken
        });
    });
    criterion.final_summary();
}
