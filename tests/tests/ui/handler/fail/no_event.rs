use lambda_runtime::{Error, LambdaEvent};

#[ddlambda::handler]
async fn handler() -> Result<(), Error> {
    Ok::<_, Error>(drop(None::<LambdaEvent<()>>))
}

fn main() {}
