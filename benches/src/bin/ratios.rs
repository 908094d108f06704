//! What extraction costs, as a share of what decoding the same event costs, which the function does anyway.
//!
//! `cargo run --release -p ddlambda-benches --features criterion --bin extraction-ratios [source]` prints a table: for
//! each source and what grows in its events, the share in per cent, by the size of the event.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ddlambda::__bench::extract;
use ddlambda_benches::events::{Shape, SHAPES};
use lambda_runtime::Context;

const SIZES: [(&str, Option<usize>); 5] = [
    ("as it is", None),
    ("1 KB", Some(1_000)),
    ("10 KB", Some(10_000)),
    ("256 KB", Some(256_000)),
    ("6 MB", Some(6_000_000)),
];

/// How often each of both is timed, in turns: the machine's moods meet both.
const ROUNDS: usize = 15;

/// How long one timing takes at least: far longer than reading the clock.
const TIMING: Duration = Duration::from_micros(300);

fn main() {
    let asked = std::env::args().nth(1).unwrap_or_default();
    let sizes = SIZES.map(|(name, _)| name);
    println!("| source | what grows | {} |", sizes.join(" | "));
    println!("|---|---|{}", "--:|".repeat(SIZES.len()));
    for shape in SHAPES
        .iter()
        .filter(|shape| shape.source.starts_with(&asked))
    {
        let ratios = SIZES.map(|(_, size)| format!("{:.1}", ratio(shape, size) * 100.0));
        let ratios = ratios.join(" | ");
        println!("| {} | {} | {ratios} |", shape.source, shape.growing);
    }
}

/// The median time of extraction, divided by that of decoding.
fn ratio(shape: &Shape, size: Option<usize>) -> f64 {
    let event = shape.event(size);
    let context = Context::default();
    assert!(shape.decode(&event), "{shape:?} of {size:?} decodes");
    let found = extract(&shape.event(None), &context);
    assert_eq!(extract(&event, &context), found, "{shape:?} of {size:?}");

    let extract = || _ = black_box(extract(black_box(&event), &context));
    let decode = || _ = black_box(shape.decode(black_box(&event)));
    let times = [times_for(extract), times_for(decode)];
    let mut taken = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        taken[0].push(timed(times[0], extract));
        taken[1].push(timed(times[1], decode));
    }
    let [extract, decode] = taken.map(median);
    extract / decode
}

/// How often to run something for one timing.
fn times_for(run: impl Fn()) -> u32 {
    let mut times = 1;
    while timed(times, &run) * f64::from(times) < TIMING.as_secs_f64() {
        times *= 2;
    }
    times
}

/// The seconds that one of so many runs takes.
fn timed(times: u32, run: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..times).for_each(|_| run());
    start.elapsed().as_secs_f64() / f64::from(times)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
