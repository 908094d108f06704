//! Futures of handlers can be spawned, whatever the extractor, if those of the plain functions could.

use lambda_runtime::{service_fn, Context, Error, LambdaEvent};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

fn plain(payload: &Cell<u64>) -> (u64, u64, i32) {
    (payload.get(), 1, 1)
}

async fn later(payload: &u64) -> (u64, u64, i32) {
    tokio::task::yield_now().await;
    (*payload, 1, 1)
}

/// The payload is not `Sync`, which a plain extractor does not ask for.
#[ddlambda::handler(extractor = plain)]
async fn cell(event: LambdaEvent<Cell<u64>>) -> Result<u64, Error> {
    tokio::task::yield_now().await;
    Ok(event.payload.get())
}

#[ddlambda::handler(extractor = later)]
async fn shared(state: Arc<String>, event: LambdaEvent<u64>) -> Result<u64, Error> {
    tokio::task::yield_now().await;
    Ok(event.payload + state.len() as u64)
}

#[ddlambda::handler]
async fn borrowing(state: &str, event: LambdaEvent<u64>) -> Result<u64, Error> {
    tokio::task::yield_now().await;
    Ok(event.payload + state.len() as u64)
}

/// Not `Send` itself, and need not be.
#[ddlambda::handler(extractor = later)]
async fn local(event: LambdaEvent<u64>) -> Result<u64, Error> {
    let local = Rc::new(event.payload);
    tokio::task::yield_now().await;
    Ok(*local)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(1, Context::default());
    let state = Arc::new("ab".to_owned());
    let cells = tokio::spawn(cell(LambdaEvent::new(Cell::new(1), Context::default())));
    assert_eq!(cells.await??, 1);
    assert_eq!(tokio::spawn(shared(state.clone(), event())).await??, 3);
    assert_eq!(tokio::spawn(async move { borrowing(&state, event()).await }).await??, 3);
    assert_eq!(local(event()).await?, 1);

    let state = Arc::new(String::new());
    let service = service_fn(move |event: LambdaEvent<u64>| shared(state.clone(), event));
    fn concurrent<S: Clone + Send + 'static>(_: S) {}
    concurrent(service);
    Ok(())
}
