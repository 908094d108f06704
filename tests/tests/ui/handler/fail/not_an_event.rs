use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: String) -> Result<usize, Error> {
    drop(None::<LambdaEvent<()>>);
    Ok(event.len())
}

fn main() {}
