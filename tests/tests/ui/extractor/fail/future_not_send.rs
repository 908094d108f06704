#[ddlambda::extractor]
async fn context(payload: &u64) -> (u64, u64, i32) {
    let local = std::rc::Rc::new(*payload);
    tokio::task::yield_now().await;
    (*local, 1, 1)
}

fn main() {}
