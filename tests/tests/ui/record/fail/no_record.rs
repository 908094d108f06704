#[ddlambda::record]
async fn process() -> Result<(), lambda_runtime::Error> {
    Ok(())
}

fn main() {}
