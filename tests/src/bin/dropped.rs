//! A handler whose future is dropped before it ends, as by a time limit of its own. With the argument `layered` the
//! runtime has ddlambda's layer; with the argument `run` it is the future of the whole runtime that is dropped.
//! With `until` and the address of a gate the handler ends, and the runtime is dropped when that gate is open.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;

use ddlambda::InvocationLayer;
use ddlambda_tests::gate::wait_at;
use lambda_runtime::{service_fn, Error, LambdaEvent, Runtime};
use serde_json::Value;
use tokio::sync::Notify;

static CALLED: Notify = Notify::const_new();

#[ddlambda::handler]
async fn handler(_: LambdaEvent<Value>) -> Result<Value, Error> {
    std::future::pending().await
}

async fn limited(event: LambdaEvent<Value>) -> Result<&'static str, Error> {
    {
        let mut handler = pin!(handler(event));
        poll_fn(|cx| {
            assert!(handler.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    Ok("too late")
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        Some("layered") => {
            let runtime = Runtime::new(service_fn(limited)).layer(InvocationLayer::new());
            runtime.run().await
        }
        Some("run") => {
            let handler = |_: LambdaEvent<Value>| {
                CALLED.notify_one();
                std::future::pending::<Result<(), Error>>()
            };
            tokio::select! {
                result = ddlambda::run(service_fn(handler)) => result,
                () = CALLED.notified() => Ok(()),
            }
        }
        Some("until") => {
            let handler = |_: LambdaEvent<Value>| async { Ok::<_, Error>(()) };
            let gate = std::env::args().nth(2).unwrap_or_default();
            tokio::select! {
                result = ddlambda::run(service_fn(handler)) => result,
                open = wait_at(&gate) => Ok(open?),
            }
        }
        _ => lambda_runtime::run(service_fn(limited)).await,
    }
}
