#[ddlambda::extractor]
fn context(payload: &mut u64) -> (u64, u64, i32) {
    (*payload, 1, 1)
}

fn main() {}
