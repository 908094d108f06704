//! What functions do before they run; the first argument says what.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Duration;

use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Context, Error, LambdaEvent};
use serde_json::Value;
use tokio::runtime;
use tracing::{info_span, Instrument, Span};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

/// `connect`, and within it `resolve` and `blink`, which is over at once.
async fn connect() -> Result<u8, Error> {
    ddlambda::set_tag("pool.size", 8);
    tracing::info!("connecting");
    let mut headers = std::collections::HashMap::<String, String>::new();
    ddlambda::inject(&mut headers);
    assert!(headers.is_empty() && ddlambda::current_span().trace_id().is_none());
    info_span!("blink").in_scope(|| ());
    async { std::thread::sleep(Duration::from_millis(5)) }
        .instrument(info_span!("resolve"))
        .await;
    Ok(7)
}

/// A span that is open while the function starts.
static OPEN: Mutex<Option<Span>> = Mutex::new(None);

/// Closes that span some time after it began.
#[ddlambda::handler]
async fn closes(_: LambdaEvent<Value>) -> Result<(), Error> {
    std::thread::sleep(Duration::from_millis(20));
    drop(OPEN.lock().map(|mut open| open.take()));
    Ok(())
}

/// Calls the handler once before the first event, as functions do that warm up before a snapshot.
async fn prime() -> Result<(), Error> {
    let mut context = Context::default();
    context.request_id = "primed".to_owned();
    handler(LambdaEvent::new(Value::Null, context)).await?;
    Ok(())
}

/// An executor that knows nothing of tokio.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut task::Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Uses the library for the first time while a panic is under way.
struct Unwinding;

impl Drop for Unwinding {
    fn drop(&mut self) {
        assert!(thread::panicking());
        ddlambda::host::unit("cleanup").call(|| ());
    }
}

async fn run() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}

fn main() -> Result<(), Error> {
    let how = std::env::args().nth(1);
    if how.as_deref() == Some("primed-elsewhere") {
        block_on(prime())?;
        let without_io = runtime::Builder::new_current_thread().build()?;
        without_io.block_on(prime())?;
    }
    let mut runtime = match how.as_deref() {
        // Its tasks run on the main thread.
        Some("task-panics") => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    runtime
        .enable_all()
        .build()?
        .block_on(start(how.as_deref()))
}

async fn start(how: Option<&str>) -> Result<(), Error> {
    match how {
        Some("load") => {
            let load = connect().instrument(info_span!("too early"));
            assert_eq!(ddlambda::load(load).await?, 7);
            run().await
        }
        Some("init") => {
            ddlambda::init();
            connect()
                .instrument(info_span!("connect", region = "eu"))
                .await?;
            run().await
        }
        Some("around") => {
            ddlambda::init();
            let around = async {
                connect().instrument(info_span!("connect")).await?;
                run().await
            };
            around.instrument(info_span!("around")).await
        }
        Some("primed") => {
            prime().await?;
            run().await
        }
        Some("unwinding") => {
            let unwound = std::panic::catch_unwind(|| {
                let _unwinding = Unwinding;
                panic!("a bug that is caught");
            });
            assert!(unwound.is_err());
            run().await
        }
        Some("late") => {
            std::thread::sleep(Duration::from_millis(100));
            ddlambda::init();
            run().await
        }
        Some("load-fails") => {
            ddlambda::load(async { Err::<u8, Error>("no database".into()) }).await?;
            run().await
        }
        Some("load-panics") => {
            let connect = async { panic!("a bug while connecting") };
            let _: u8 = ddlambda::load::<_, Error>(connect).await?;
            run().await
        }
        Some("panics") => {
            ddlambda::init();
            panic!("a bug in main")
        }
        Some("task-panics") => {
            ddlambda::init();
            let task = tokio::spawn(async { panic!("a bug in a task") });
            assert!(task.await.is_err());
            run().await
        }
        Some("caught") => {
            ddlambda::init();
            assert!(std::panic::catch_unwind(|| panic!("a bug that is caught")).is_err());
            run().await
        }
        Some("open") => {
            ddlambda::init();
            *OPEN.lock().unwrap() = Some(info_span!("open"));
            std::thread::sleep(Duration::from_millis(5));
            ddlambda::run(service_fn(closes)).await
        }
        Some("follows") => {
            ddlambda::init();
            let cause = info_span!("cause");
            info_span!("effect").follows_from(&cause);
            drop(cause);
            run().await
        }
        Some("flood") => {
            ddlambda::init();
            for _ in 0..20_005 {
                info_span!("blink").in_scope(|| ());
            }
            run().await
        }
        _ => run().await,
    }
}
