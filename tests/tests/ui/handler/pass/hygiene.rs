//! Names of the user's that an expansion could trip over.

#![no_implicit_prelude]
#![allow(dead_code)]

mod core {}
mod std {}
mod alloc {}
struct Option;
struct Some;
struct None;
struct Box;
struct Handler;
trait Future {}

use ::lambda_runtime::{Context, Error, LambdaEvent};

type Outcome<T> = ::std::result::Result<T, Error>;

fn invoke() {}

fn context(result: &u64) -> (u64, u64, i32) {
    (*result, 1, 1)
}

#[::ddlambda::handler(extractor = context, service = "orders")]
async fn handler(result: LambdaEvent<u64>, body: u64, carrier: &u64) -> Outcome<u64> {
    invoke();
    ::std::result::Result::Ok(result.payload + body + carrier)
}

#[derive(::ddlambda::TraceCarrier)]
struct Payload<T> {
    visit: T,
    name: u64,
    #[trace_carrier]
    value: ::ddlambda::Carrier,
    traceparent: ::std::string::String,
    tracestate: ::std::option::Option<::std::string::String>,
}

#[::ddlambda::extractor]
fn raw(raw: &u64) -> (u64, u64, i32) {
    context(raw)
}

fn main() {
    let _ = handler(LambdaEvent::new(1, <Context as ::std::default::Default>::default()), 1, &1);
}
