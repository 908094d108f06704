use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
struct Handler(LambdaEvent<u64>, Error);

fn main() {}
