use std::future::Future;

#[ddlambda::record]
fn process(message: u64) -> impl Future<Output = u64> {
    async move { message }
}

fn main() {}
