struct Order;

impl Order {
    #[ddlambda::record(record = self)]
    fn process(&self, state: u64) -> u64 {
        state
    }
}

fn main() {}
