//! Makes calls of AWS for valgrind to count, as `bench-aws <traced|untraced> <calls>`; see the README.

use std::hint::black_box;

use ddlambda::__bench::within;
use ddlambda_benches::aws::Client;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let is_traced = arguments.next().as_deref() == Some("traced");
    let calls: u32 = arguments
        .next()
        .and_then(|calls| calls.parse().ok())
        .expect("how many calls");
    let client = Client::default();
    let interceptor = ddlambda::aws::interceptor();
    let make = || {
        for _ in 0..calls {
            black_box(client.call(&interceptor));
        }
    };
    match is_traced {
        true => within(make),
        false => make(),
    }
}
