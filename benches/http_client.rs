//! What a traced call of a web service costs over an untraced one.
//!
//! `cargo bench -p ddlambda-benches --features criterion --bench http_client`. Compare within one run: `in memory` is a client
//! that answers at once, so that the difference is the tracing alone; `loopback` is reqwest and a server on this machine.

use std::convert::Infallible;
use std::future::{ready, Future};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion};
use ddlambda::__bench as internal;
use ddlambda::http_client::TracedRequest;
use http::{Request, Response};
use tower::{Layer, Service};

const URL: &str = "http://127.0.0.1:1/orders/7?page=2&size=50";

/// Calls per invocation: no more than functions make, since their spans stay in memory until the invocation ends.
const CALLS: u64 = 50;

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// Measures so many calls, each within an invocation.
fn measure<F: Future>(group: &mut Group<'_>, name: &str, mut call: impl FnMut() -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a tokio runtime");
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let mut taken = Duration::ZERO;
            for begun in (0..count).step_by(CALLS as usize) {
                let calls = CALLS.min(count - begun);
                taken += internal::within(|| {
                    runtime.block_on(async {
                        let start = Instant::now();
                        for _ in 0..calls {
                            call().await;
                        }
                        start.elapsed()
                    })
                });
            }
            taken
        });
    });
}

fn in_memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("http call, in memory");
    let client =
        || tower::service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(()))));
    let request = || Request::get(URL).body(()).expect("a request");
    let mut bare = client();
    measure(&mut group, "untraced", || bare.call(request()));
    let mut traced = ddlambda::http_client::layer().layer(client());
    measure(&mut group, "traced", || traced.call(request()));
    group.finish();
}

fn loopback(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("http call, loopback");
    let url = format!("http://{}/orders/7?page=2", serve());
    let client = reqwest::Client::new();
    measure(&mut group, "untraced", || client.get(&url).send());
    let client = reqwest::Client::new();
    measure(&mut group, "traced", || client.get(&url).send_traced());
    group.finish();
}

/// A server that answers each request without a body.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || -> std::io::Result<()> {
                stream.set_nodelay(true)?;
                let mut request = Vec::new();
                let mut read = [0; 4096];
                loop {
                    let length = stream.read(&mut read)?;
                    request.extend_from_slice(&read[..length]);
                    if length == 0 {
                        return Ok(());
                    }
                    if request.ends_with(b"\r\n\r\n") {
                        request.clear();
                        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
                    }
                }
            });
        }
    });
    address
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    in_memory(&mut criterion);
    loopback(&mut criterion);
    criterion.final_summary();
}
