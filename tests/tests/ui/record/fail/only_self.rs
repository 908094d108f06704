struct Order;

impl Order {
    #[ddlambda::record]
    fn process(&self) {}
}

fn main() {}
