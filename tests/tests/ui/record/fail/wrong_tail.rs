#[ddlambda::record]
async fn process(message: u64) -> Result<u64, String> {
    message
}

#[ddlambda::record]
fn unit(message: u64) {
    message
}

fn main() {}
