//! All of them are reported, and the handler still exists.

use lambda_runtime::{Context, LambdaEvent};

#[ddlambda::handler(parent = "none", servce = "a", resource = 3)]
fn handler(event: LambdaEvent<u64>, other: LambdaEvent<u64>) {
    drop((event, other));
}

fn main() {
    let event = || LambdaEvent::new(1, Context::default());
    handler(event(), event());
}
