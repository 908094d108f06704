mod reexport {
    pub use ddlambda as tracer;
}

#[derive(ddlambda::TraceCarrier)]
struct Order {
    id: u64,
    #[trace_carrier]
    _datadog: Option<ddlambda::Carrier>,
}

#[ddlambda::record()]
fn none(order: Order) -> u64 {
    order.id
}

#[ddlambda::record(
    record = order,
    resource = "place order",
    parent = "child",
    crate = crate::reexport::tracer,
)]
async fn all(bonus: &u64, order: &Order, factor: u64) -> u64 {
    (order.id + bonus) * factor
}

#[reexport::tracer::record(crate = reexport::tracer, parent = "link")]
fn relative(order: &mut Order) -> u64 {
    order.id += 1;
    order.id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let order = || Order { id: 3, _datadog: None };
    assert_eq!(none(order()), 3);
    assert_eq!(all(&1, &order(), 2).await, 8);
    assert_eq!(relative(&mut order()), 4);
}
