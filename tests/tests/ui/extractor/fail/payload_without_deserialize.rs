struct Order(u64);

#[ddlambda::extractor]
fn context(order: &Order) -> (u64, u64, i32) {
    (order.0, 1, 1)
}

fn main() {}
