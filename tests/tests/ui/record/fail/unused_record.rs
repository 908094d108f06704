#![deny(warnings)]

#[ddlambda::record]
async fn process(message: u64) {}

#[ddlambda::record]
fn needlessly_mutable(mut message: u64) -> u64 {
    message
}

fn main() {
    drop(process(1));
    needlessly_mutable(1);
}
