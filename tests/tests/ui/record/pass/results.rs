//! Every kind of result, and of leaving early.

use std::convert::Infallible;
use std::fmt;
use std::ops::ControlFlow;

struct OnlyShown;

impl fmt::Display for OnlyShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shown")
    }
}

#[derive(Debug)]
struct OnlyPrinted;

struct Silent;

impl From<std::num::ParseIntError> for Silent {
    fn from(_: std::num::ParseIntError) -> Self {
        Self
    }
}

#[ddlambda::record]
fn shown(record: u64) -> Result<u64, OnlyShown> {
    if record == 0 {
        return Err(OnlyShown);
    }
    Ok(record)
}

#[ddlambda::record]
async fn printed(record: u64) -> Result<u64, OnlyPrinted> {
    record.checked_sub(1).ok_or(OnlyPrinted)
}

#[ddlambda::record]
async fn silent(record: &str) -> Result<u64, Silent> {
    Ok(record.parse::<u64>()?)
}

#[ddlambda::record]
async fn anyhow_like(record: &str) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    Ok(record.parse::<u64>()?)
}

#[ddlambda::record]
async fn nothing(record: &mut u64) {
    if *record == 0 {
        return;
    }
    *record += 1;
}

#[ddlambda::record]
fn unit(record: &mut u64) -> () {
    *record += 1
}

#[ddlambda::record]
async fn option(record: &str) -> Option<char> {
    Some(record.chars().next()?.to_ascii_uppercase())
}

#[ddlambda::record]
fn flow(record: u64) -> ControlFlow<u64> {
    if record > 1 {
        ControlFlow::Break(record)?
    }
    ControlFlow::Continue(())
}

#[ddlambda::record]
fn infallible(record: u64) -> Result<u64, Infallible> {
    Ok(record)
}

#[ddlambda::record]
fn opaque(record: u64) -> impl Iterator<Item = u64> {
    0..record
}

#[ddlambda::record]
async fn diverges(record: u64) -> Result<(), OnlyPrinted> {
    panic!("{record}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(shown(0).is_err() && shown(1).is_ok());
    assert!(printed(0).await.is_err());
    assert!(silent("x").await.is_err() && anyhow_like("x").await.is_err());
    let mut record = 1;
    nothing(&mut record).await;
    unit(&mut record);
    assert_eq!(record, 3);
    assert_eq!(option("a").await, Some('A'));
    assert!(matches!(flow(2), ControlFlow::Break(2)));
    assert!(matches!(infallible(2), Ok(2)));
    assert_eq!(opaque(3).sum::<u64>(), 3);
    let panicked = tokio::spawn(diverges(7)).await.unwrap_err();
    assert!(panicked.is_panic());
}
