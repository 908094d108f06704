use lambda_runtime::{Error, LambdaEvent};

#[allow(async_fn_in_trait)]
trait Handler {
    #[ddlambda::handler]
    async fn handle(&self, event: LambdaEvent<u64>) -> Result<u64, Error>;
}

fn main() {}
