//! The real clients of the AWS SDK with ddlambda, against moto: the middle of `tests/with-aws` and `tests/with-references`.
//!
//! A traced function, the producer, makes calls. The messages that come of them are read back, made into the events that
//! Lambda would make of them, and given to a second traced function, the consumer. Both are this program, started once
//! more by itself.
//!
//! Started by hand, it needs what points the SDK to moto: `AWS_ENDPOINT_URL`, `AWS_REGION` and credentials.

mod account;
mod carry;
mod delivery;
mod express;
mod function;
mod point;
mod records;
mod references;
mod unreliable;
mod world;

use std::env;
use std::process::ExitCode;

use lambda_runtime::Error;

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    let role = env::args().nth(1);
    match role.as_deref() {
        Some("produce") => function::produce().await?,
        Some("consume") => function::consume().await?,
        Some("check") => {
            let mut checks = Checks::default();
            let mut world = world::World::new().await?;
            carry::check(&mut checks, &mut world).await?;
            point::check(&mut checks, &mut world).await?;
            println!("{} checks, {} failed", checks.made, checks.failed);
            return Ok(match checks.failed {
                0 => ExitCode::SUCCESS,
                _ => ExitCode::FAILURE,
            });
        }
        Some("send") => references::send().await?,
        Some("receive") => references::receive().await?,
        _ => {
            eprintln!("usage: aws-sdk check | send | receive");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what holds and what does not, line by line.
#[derive(Default)]
pub struct Checks {
    made: usize,
    failed: usize,
}

impl Checks {
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, expected: T) {
        self.made += 1;
        if found == expected {
            println!("ok  {what}");
        } else {
            self.failed += 1;
            println!("FAILED  {what}: found {found:?}, expected {expected:?}");
        }
    }
}
