#![deny(dead_code)]

#[ddlambda::record]
fn process(message: u64) -> u64 {
    message
}

fn main() {}
