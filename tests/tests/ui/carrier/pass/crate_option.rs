mod reexport {
    pub use ddlambda as tracer;
}

#[derive(reexport::tracer::TraceCarrier)]
#[trace_carrier(crate = crate::reexport::tracer)]
struct Order<T> {
    #[trace_carrier]
    carrier: T,
}

fn carrier<T: reexport::tracer::TraceCarrier>(_: &T) {}

fn main() {
    let order = Order { carrier: reexport::tracer::Carrier::default() };
    carrier(&order);
    carrier(&order.carrier);
}
