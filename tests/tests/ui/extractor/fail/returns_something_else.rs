#[ddlambda::extractor]
fn context(payload: &u64) -> String {
    payload.to_string()
}

fn main() {}
