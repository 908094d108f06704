mod reexport {
    pub use ddlambda as tracer;
}

#[reexport::tracer::extractor(name = "orders.json", crate = crate::reexport::tracer)]
fn context(number: &u64) -> (u64, u64, i32) {
    (*number, 1, 1)
}

macro_rules! register {
    ($function:ident, $name:literal, $payload:ty) => {
        #[ddlambda::extractor(name = $name)]
        fn $function(payload: &$payload) -> (u64, u64, i32) {
            (u64::from(*payload), 1, 1)
        }
    };
}

register!(made, "orders.made", u32);

fn main() {
    assert_eq!(context(&1), made(&1));
}
