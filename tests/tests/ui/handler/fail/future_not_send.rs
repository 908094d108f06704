use lambda_runtime::{Context, Error, LambdaEvent};
use std::rc::Rc;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
    let local = Rc::new(event.payload);
    tokio::task::yield_now().await;
    Ok(*local)
}

fn main() {
    tokio::spawn(handler(LambdaEvent::new(1, Context::default())));
}
