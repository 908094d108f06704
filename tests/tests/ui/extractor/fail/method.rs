struct Order(u64);

impl Order {
    #[ddlambda::extractor]
    fn context(&self) -> (u64, u64, i32) {
        (self.0, 1, 1)
    }
}

fn main() {}
