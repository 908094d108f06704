#[ddlambda::extractor]
fn context() -> (u64, u64, i32) {
    (1, 1, 1)
}

fn main() {}
