//! Both crates in one run, step by step.

use criterion::Criterion;
use ddlambda_peers::datadog_opentelemetry::DatadogOpentelemetry;
use ddlambda_peers::ddlambda::Ddlambda;
use ddlambda_peers::{with, Peer, STEPS};

fn bench<P: Peer>(criterion: &mut Criterion, name: &str) {
    P::init();
    for step in STEPS {
        with::<P>(step, |step_once| {
            let mut group = criterion.benchmark_group(name);
            group.bench_function(step, |bencher| bencher.iter(step_once));
            group.finish();
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench::<Ddlambda>(&mut criterion, "ddlambda");
    bench::<DatadogOpentelemetry>(&mut criterion, "datadog-opentelemetry");
    criterion.final_summary();
}
