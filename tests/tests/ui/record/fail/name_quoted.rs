#[ddlambda::record(record = "message")]
fn process(state: u64, message: u64) -> u64 {
    state + message
}

fn main() {}
