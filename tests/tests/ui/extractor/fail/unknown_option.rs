#[ddlambda::extractor(service = "orders")]
fn context(payload: &u64) -> (u64, u64, i32) {
    (*payload, 1, 1)
}

fn main() {}
