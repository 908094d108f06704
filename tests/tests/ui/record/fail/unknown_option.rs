#[ddlambda::record(service = "orders")]
fn process(message: u64) -> u64 {
    message
}

fn main() {}
