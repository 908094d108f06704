struct Order;

#[ddlambda::record]
fn process(state: &str, order: Order) {
    drop((state, order));
}

fn main() {}
