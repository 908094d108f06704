struct Declined;

#[ddlambda::record]
async fn process(message: &str) -> Result<u64, Declined> {
    Ok(message.parse()?)
}

fn main() {}
