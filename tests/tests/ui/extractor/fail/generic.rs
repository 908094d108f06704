#[ddlambda::extractor]
fn context<T: Into<u64> + Copy>(payload: &T) -> (u64, u64, i32) {
    ((*payload).into(), 1, 1)
}

fn main() {}
