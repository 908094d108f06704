#[ddlambda::record]
struct Order;

fn main() {}
