#[ddlambda::extractor]
const CONTEXT: fn(&u64) -> (u64, u64, i32) = |payload| (*payload, 1, 1);

fn main() {}
