#[ddlambda::extractor]
fn context(payload: &u64) {
    drop(*payload);
}

fn main() {}
