//! What reading an event costs, as a share of what decoding the same event costs, which the function does anyway.
//!
//! `cargo run --release -p ddlambda-benches --features criterion --bin extraction-ratios [--time] [source]` prints a table:
//! for each source and what grows in its events, by the size of the event, two shares in per cent: of finding the trace
//! context, with what it takes to know the source, and of all that is read, with tags, inferred spans and pointers.
//!
//! It counts instructions, under callgrind, which gives the same figures on every run and under any load. With `--time` it
//! times instead.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ddlambda::__bench::{find_context, read};
use ddlambda_benches::events::{Shape, SHAPES};
use lambda_runtime::Context;

const SIZES: [(&str, Option<usize>); 5] = [
    ("as it is", None),
    ("1 KB", Some(1_000)),
    ("10 KB", Some(10_000)),
    ("256 KB", Some(256_000)),
    ("6 MB", Some(6_000_000)),
];

/// What is measured, in this order: finding the context, all that is read, decoding.
const MEASURED: usize = 3;

fn main() {
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let before = arguments.len();
        arguments.retain(|argument| argument != name);
        arguments.len() < before
    };
    let (is_counted, is_timed) = (option("--counted"), option("--time"));
    let asked = arguments.pop().unwrap_or_default();
    let shapes = SHAPES
        .iter()
        .filter(|shape| shape.source.starts_with(&asked));
    let cases = shapes.flat_map(|shape| SIZES.map(|(_, size)| (shape, size)));
    if is_counted {
        return cases.for_each(|(shape, size)| each(shape, size, |runs| runs.map(counted)));
    }
    let costs: Vec<_> = if is_timed {
        let mut costs = Vec::new();
        cases.for_each(|(shape, size)| each(shape, size, |runs| costs.push(times(runs))));
        costs
    } else {
        counts(&asked, cases.count())
    };
    print(&asked, &costs);
}

fn print(asked: &str, costs: &[[f64; MEASURED]]) {
    let sizes = SIZES.map(|(name, _)| name);
    println!("| source | what grows | {} |", sizes.join(" | "));
    println!("|---|---|{}", "--:|".repeat(SIZES.len()));
    let shapes = SHAPES
        .iter()
        .filter(|shape| shape.source.starts_with(asked));
    for (shape, costs) in shapes.zip(costs.chunks(SIZES.len())) {
        let share = |cost: f64, decoding| format!("{:.1}", cost / decoding * 100.0);
        let cells = costs.iter().map(|[context, all, decoding]| {
            format!("{} / {}", share(*context, decoding), share(*all, decoding))
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        println!("| {} | {} | {cells} |", shape.source, shape.growing);
    }
}

/// Hands out what is to be measured for one event, after a first run of each.
fn each<R>(shape: &Shape, size: Option<usize>, measure: impl FnOnce([&dyn Fn(); MEASURED]) -> R) {
    let event = shape.event(size);
    let context = Context::default();
    assert!(shape.decode(&event), "{shape:?} of {size:?} decodes");
    let found = find_context(&shape.event(None), &context);
    assert_eq!(read(&event, &context), found, "{shape:?} of {size:?}");
    assert_eq!(
        find_context(&event, &context),
        found,
        "{shape:?} of {size:?}"
    );
    measure([
        &|| _ = black_box(find_context(black_box(&event), &context)),
        &|| _ = black_box(read(black_box(&event), &context)),
        &|| _ = black_box(shape.decode(black_box(&event))),
    ]);
}

/// What callgrind counts, and where it writes down what it has counted.
#[inline(never)]
fn counted(run: &dyn Fn()) {
    run();
}

/// The instructions of every case, from a run of this program under callgrind.
fn counts(asked: &str, cases: usize) -> Vec<[f64; MEASURED]> {
    let name = format!("extraction-ratios.{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).expect("a directory for profiles");
    let profile = directory.join("profile");
    let program = std::env::current_exe().expect("this program");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .args(["--toggle-collect=*::counted", "--dump-after=*::counted"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .args(["--counted", asked])
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("valgrind starts").success());
    let mut profiles = (1..).map(|number| total(&profile.with_extension(number.to_string())));
    let costs = (0..cases)
        .map(|_| std::array::from_fn(|_| profiles.next().expect("a profile")))
        .collect();
    std::fs::remove_dir_all(&directory).expect("profiles can be removed");
    costs
}

/// The instructions in a profile.
fn total(profile: &Path) -> f64 {
    let text = std::fs::read_to_string(profile).expect("callgrind writes its profile");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .expect("a total in the profile")
}

/// How often each is timed, in turns: the machine's moods meet all.
const ROUNDS: usize = 15;

/// How long one timing takes at least: far longer than reading the clock.
const TIMING: Duration = Duration::from_micros(300);

/// The median times, in seconds.
fn times(runs: [&dyn Fn(); MEASURED]) -> [f64; MEASURED] {
    let times = runs.map(times_for);
    let mut taken = [const { Vec::new() }; MEASURED];
    for _ in 0..ROUNDS {
        for ((taken, run), times) in taken.iter_mut().zip(runs).zip(times) {
            taken.push(timed(times, run));
        }
    }
    taken.map(median)
}

/// How often to run something for one timing.
fn times_for(run: &dyn Fn()) -> u32 {
    let mut times = 1;
    while timed(times, run) * f64::from(times) < TIMING.as_secs_f64() {
        times *= 2;
    }
    times
}

/// The seconds that one of so many runs takes.
fn timed(times: u32, run: &dyn Fn()) -> f64 {
    let start = Instant::now();
    (0..times).for_each(|_| run());
    start.elapsed().as_secs_f64() / f64::from(times)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
