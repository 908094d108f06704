//! What an extractor may return.

use super::{extract, Carrier, Headers, TraceContext};
use std::collections::{BTreeMap, HashMap};

/// A type that an extractor may return: a trace context, or a value from which one can be read.
///
/// It is implemented for:
///
/// - [`TraceContext`];
/// - `(trace_id, parent_id, sampling_priority)`, each an integer or a decimal string;
/// - trace headers: [`Carrier`], `http::HeaderMap`, a map of strings or a list of string pairs, or a reference to one of
///   these;
/// - `Option` and `Result` of any of these, in which `None` and errors mean that there is no context.
///
/// A trace id of 0 also means that there is no context.
///
/// ```
/// use ddlambda::IntoTraceContext;
///
/// let context = ("1234", "5678", "2").into_trace_context().unwrap();
/// assert_eq!((context.trace_id(), context.sampling_priority()), (1234, Some(2)));
/// assert!((0_u64, 5678_u64, 2).into_trace_context().is_none());
/// ```
#[diagnostic::on_unimplemented(
    message = "an extractor cannot return `{Self}`",
    note = "return a `TraceContext`, `(trace_id, parent_id, priority)`, a map or list of headers, or an `Option` or `Result` of one"
)]
pub trait IntoTraceContext {
    /// Returns the trace context, if there is one.
    fn into_trace_context(self) -> Option<TraceContext>;
}

impl IntoTraceContext for TraceContext {
    fn into_trace_context(self) -> Option<TraceContext> {
        (self.trace_id != 0).then_some(self)
    }
}

impl<T: IntoTraceContext> IntoTraceContext for Option<T> {
    fn into_trace_context(self) -> Option<TraceContext> {
        self?.into_trace_context()
    }
}

impl<T: IntoTraceContext, E> IntoTraceContext for Result<T, E> {
    fn into_trace_context(self) -> Option<TraceContext> {
        self.ok()?.into_trace_context()
    }
}

/// There is no context if a part is not a number, or is out of range.
impl<T: Number, P: Number, S: Number> IntoTraceContext for (T, P, S) {
    fn into_trace_context(self) -> Option<TraceContext> {
        let trace_id = self.0.number()?;
        let parent_id = self.1.number()?.try_into().ok()?;
        let priority = self.2.signed()?.try_into().ok()?;
        TraceContext::new(trace_id, parent_id)
            .with_sampling_priority(priority)
            .into_trace_context()
    }
}

impl IntoTraceContext for &Carrier {
    fn into_trace_context(self) -> Option<TraceContext> {
        from_pairs(self.iter())
    }
}

impl IntoTraceContext for Carrier {
    fn into_trace_context(self) -> Option<TraceContext> {
        (&self).into_trace_context()
    }
}

impl<S> IntoTraceContext for &HashMap<String, String, S> {
    fn into_trace_context(self) -> Option<TraceContext> {
        from_pairs(self)
    }
}

impl<S> IntoTraceContext for HashMap<String, String, S> {
    fn into_trace_context(self) -> Option<TraceContext> {
        (&self).into_trace_context()
    }
}

impl IntoTraceContext for &BTreeMap<String, String> {
    fn into_trace_context(self) -> Option<TraceContext> {
        from_pairs(self)
    }
}

impl IntoTraceContext for BTreeMap<String, String> {
    fn into_trace_context(self) -> Option<TraceContext> {
        (&self).into_trace_context()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> IntoTraceContext for &[(N, V)] {
    fn into_trace_context(self) -> Option<TraceContext> {
        from_pairs(self.iter().map(|(name, value)| (name, value)))
    }
}

impl<N: AsRef<str>, V: AsRef<str>> IntoTraceContext for &Vec<(N, V)> {
    fn into_trace_context(self) -> Option<TraceContext> {
        self.as_slice().into_trace_context()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> IntoTraceContext for Vec<(N, V)> {
    fn into_trace_context(self) -> Option<TraceContext> {
        self.as_slice().into_trace_context()
    }
}

/// Values that contain anything but visible ASCII characters are ignored.
impl IntoTraceContext for &http::HeaderMap {
    fn into_trace_context(self) -> Option<TraceContext> {
        let mut headers = Headers::default();
        for (name, value) in self {
            headers.add(name.as_str().as_bytes(), || {
                Some(value.to_str().ok()?.into())
            });
        }
        extract(&headers)
    }
}

impl IntoTraceContext for http::HeaderMap {
    fn into_trace_context(self) -> Option<TraceContext> {
        (&self).into_trace_context()
    }
}

/// Extracts the context from a list of headers.
pub(crate) fn from_pairs<'a>(
    pairs: impl IntoIterator<Item = (impl AsRef<str>, &'a (impl AsRef<str> + ?Sized + 'a))>,
) -> Option<TraceContext> {
    let mut headers = Headers::default();
    for (name, value) in pairs {
        headers.add(name.as_ref().as_bytes(), || Some(value.as_ref().into()));
    }
    extract(&headers)
}

/// An integer or its decimal text.
pub trait Number: Sized {
    /// The value, if it is a number and not negative.
    fn number(self) -> Option<u128>;
    /// The value, if it is a number that is not too large.
    fn signed(self) -> Option<i128>;
}

macro_rules! numbers {
    ($($integer:ty)*) => {$(
        impl Number for $integer {
            fn number(self) -> Option<u128> {
                self.try_into().ok()
            }

            fn signed(self) -> Option<i128> {
                self.try_into().ok()
            }
        }
    )*};
}

numbers!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);

impl Number for &str {
    fn number(self) -> Option<u128> {
        self.trim().parse().ok()
    }

    fn signed(self) -> Option<i128> {
        self.trim().parse().ok()
    }
}

impl Number for String {
    fn number(self) -> Option<u128> {
        self.as_str().number()
    }

    fn signed(self) -> Option<i128> {
        self.as_str().signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Style;

    #[test]
    fn whatever_an_extractor_returns_is_understood() {
        let expected = TraceContext::new(12, 34).with_sampling_priority(-1);
        let headers = || {
            [
                ("X-Datadog-Trace-Id", "12"),
                ("x-datadog-parent-id", "34"),
                ("x-datadog-sampling-priority", "-1"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let mut map = http::HeaderMap::new();
        for (name, value) in headers() {
            let name: http::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let read = TraceContext {
            style: Some(Style::Datadog),
            ..expected.clone()
        };
        let contexts = [
            expected.clone().into_trace_context(),
            Some(expected.clone()).into_trace_context(),
            Ok::<_, ()>(expected.clone()).into_trace_context(),
            (12, 34, -1).into_trace_context(),
            (12_u128, 34_u64, -1_i32).into_trace_context(),
            ("12", "34", "-1").into_trace_context(),
            ("12".to_owned(), "34".to_owned(), "-1".to_owned()).into_trace_context(),
        ];
        for context in contexts {
            assert_eq!(context, Some(expected.clone()));
        }
        let from_headers = [
            (&Carrier::from_iter(headers())).into_trace_context(),
            (&HashMap::from(headers())).into_trace_context(),
            (&BTreeMap::from(headers())).into_trace_context(),
            (&map).into_trace_context(),
            headers().as_slice().into_trace_context(),
            (&headers().to_vec()).into_trace_context(),
            headers().to_vec().into_trace_context(),
            Carrier::from_iter(headers()).into_trace_context(),
            HashMap::from(headers()).into_trace_context(),
            BTreeMap::from(headers()).into_trace_context(),
            map.into_trace_context(),
        ];
        for context in from_headers {
            assert_eq!(context, Some(read.clone()));
        }
    }

    #[test]
    fn no_trace_is_no_context() {
        let absent = [
            None::<TraceContext>.into_trace_context(),
            Err::<TraceContext, _>("lost").into_trace_context(),
            TraceContext::default().into_trace_context(),
            (0_u64, 34_u64, 1).into_trace_context(),
            ("", "", "").into_trace_context(),
            ("12", "18446744073709551616", "1").into_trace_context(),
            Carrier::default().into_trace_context(),
            http::HeaderMap::new().into_trace_context(),
        ];
        assert!(absent.iter().all(Option::is_none));
    }
}
