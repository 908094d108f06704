//! What functions do before they run; the first argument says what.

use std::time::Duration;

use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Context, Error, LambdaEvent};
use serde_json::Value;
use tracing::{info_span, Instrument};

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

async fn run() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
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
            // What there is to warm up before a snapshot, with the function's own means.
            let mut context = Context::default();
            context.request_id = "primed".to_owned();
            handler(LambdaEvent::new(Value::Null, context)).await?;
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
        _ => run().await,
    }
}
