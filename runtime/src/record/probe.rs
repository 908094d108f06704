//! Finds out what the argument and the result of a function with `#[ddlambda::record]` can do, from within its expansion.
//!
//! There are no trait bounds, which generic functions would have to repeat: method resolution picks the first of several
//! traits that applies, since each is implemented for a different number of references.

use std::fmt::{Debug, Display};
use std::io::{self, Write};

use serde::Serialize;

use super::ResultFailure;
use crate::propagation::{Carrier, TraceCarrier};
use crate::signature::{ViaNothing, ViaTraceCarrier};

/// Finds out what a record can do.
#[derive(Debug)]
pub struct RecordProbe<'a, T: ?Sized>(pub &'a T);

impl<T: TraceCarrier + ?Sized> ViaTraceCarrier for RecordProbe<'_, T> {
    fn carrier(&self) -> Option<Carrier> {
        let mut carrier = Carrier::default();
        self.0.each(&mut |name, value| carrier.insert(name, value));
        Some(carrier)
    }
}

impl<T: ?Sized> ViaNothing for &RecordProbe<'_, T> {}

/// For records that implement `Serialize`.
pub trait ViaSerialize {
    /// The record as JSON.
    fn json(&self) -> Option<Vec<u8>>;
}

impl<T: Serialize + ?Sized> ViaSerialize for RecordProbe<'_, T> {
    fn json(&self) -> Option<Vec<u8>> {
        let mut json = Bounded(Vec::with_capacity(1024));
        serde_json::to_writer(&mut json, self.0).ok()?;
        Some(json.0)
    }
}

/// For everything else.
pub trait ViaSilence {
    /// `None`.
    fn json(&self) -> Option<Vec<u8>> {
        None
    }
}

impl<T: ?Sized> ViaSilence for &RecordProbe<'_, T> {}

/// Accepts as much as an event can contain.
struct Bounded(Vec<u8>);

/// No event is larger, and so no record, unless it was made of something else.
const MAX_RECORD: usize = 8 << 20;

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_RECORD {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Finds out whether a result is an error, and what can be said about it.
#[derive(Debug)]
pub struct ResultProbe<'a, R>(pub &'a R);

/// For errors that implement `Debug` and `Display`.
pub trait ViaError {
    /// The error, if there is one.
    fn failure(&self) -> Option<ResultFailure>;
}

impl<T, E: Debug + Display> ViaError for &&&&ResultProbe<'_, Result<T, E>> {
    fn failure(&self) -> Option<ResultFailure> {
        self.0.as_ref().err().map(ResultFailure::of_shown)
    }
}

/// For errors that implement `Debug`.
pub trait ViaDebug {
    /// The error, if there is one.
    fn failure(&self) -> Option<ResultFailure>;
}

impl<T, E: Debug> ViaDebug for &&&ResultProbe<'_, Result<T, E>> {
    fn failure(&self) -> Option<ResultFailure> {
        self.0.as_ref().err().map(ResultFailure::of_error)
    }
}

/// For errors that implement `Display`.
pub trait ViaDisplay {
    /// The error, if there is one.
    fn failure(&self) -> Option<ResultFailure>;
}

impl<T, E: Display> ViaDisplay for &&ResultProbe<'_, Result<T, E>> {
    fn failure(&self) -> Option<ResultFailure> {
        self.0.as_ref().err().map(ResultFailure::of_text)
    }
}

/// For all other errors.
pub trait ViaErr {
    /// The error, if there is one.
    fn failure(&self) -> Option<ResultFailure>;
}

impl<T, E> ViaErr for &ResultProbe<'_, Result<T, E>> {
    fn failure(&self) -> Option<ResultFailure> {
        self.0.as_ref().err().map(ResultFailure::of_type)
    }
}

/// For everything that is not a `Result`.
pub trait ViaAnything {
    /// `None`.
    fn failure(&self) -> Option<ResultFailure> {
        None
    }
}

impl<R> ViaAnything for ResultProbe<'_, R> {}
