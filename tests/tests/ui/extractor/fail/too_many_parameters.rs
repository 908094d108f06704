#[ddlambda::extractor]
fn context(payload: &u64, context: &lambda_runtime::Context, more: &str) -> (u64, u64, i32) {
    (*payload, context.deadline, more.len() as i32)
}

fn main() {}
