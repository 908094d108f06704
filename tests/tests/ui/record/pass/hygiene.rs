//! Names of the user's that an expansion could trip over.

#![no_implicit_prelude]
#![allow(dead_code)]

mod core {}
mod std {}
mod alloc {}
struct Option;
struct Some;
struct None;
struct Record;
struct Recording;
trait Future {}

#[::ddlambda::record(record = record)]
fn names(recording: u64, result: u64, probe: u64, record: u64) -> u64 {
    recording + result + probe + record
}

#[::ddlambda::record]
async fn waits(result: ::std::string::String) -> ::std::result::Result<usize, ::lambda_runtime::Error> {
    let recording = result.len();
    ::std::result::Result::Ok(recording)
}

macro_rules! from_parts {
    ($name:ident, $record:ident: $ty:ty => $body:block) => {
        #[::ddlambda::record]
        fn $name(_state: u64, $record: &$ty) -> u64 $body
    };
}

type SqsMessage = u64;

from_parts!(from_parts, message: SqsMessage => { *message + 1 });

fn main() {
    ::std::assert_eq!(names(1, 2, 3, 4), 10);
    ::std::assert_eq!(from_parts(0, &1), 2);
    ::std::mem::drop(waits);
}
