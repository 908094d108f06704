//! Does one step again and again, for callgrind: `ddlambda-peers <crate> <step> <times>`.

use ddlambda_peers::datadog_opentelemetry::DatadogOpentelemetry;
use ddlambda_peers::ddlambda::Ddlambda;
use ddlambda_peers::{with, Peer};

/// Enough for everything that is made once.
const WARM_UP: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, step, times] = &arguments[..] else {
        panic!("usage: ddlambda-peers <crate> <step> <times>");
    };
    let times = times.parse().expect("a number");
    match name.as_str() {
        "ddlambda" => run::<Ddlambda>(step, times),
        "datadog-opentelemetry" => run::<DatadogOpentelemetry>(step, times),
        other => panic!("no crate `{other}`"),
    }
}

fn run<P: Peer>(step: &str, times: usize) {
    P::init();
    with::<P>(step, |step| {
        (0..WARM_UP).for_each(|_| step());
        measured(step, times);
    });
}

/// Its name is callgrind's sign to count.
#[inline(never)]
fn measured(step: &dyn Fn(), times: usize) {
    (0..times).for_each(|_| step());
}
