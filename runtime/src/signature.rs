//! The parameters and result of a handler under `#[ddlambda::handler]`, as its expansion uses them.

use lambda_runtime::{Context, LambdaEvent};

use crate::propagation::{Carrier, TraceCarrier};

/// The event of a handler.
#[diagnostic::on_unimplemented(
    message = "a `#[handler]` function cannot take the event as `{Self}`",
    label = "not an event",
    note = "take it as `LambdaEvent<T>`, or as `lambda_http::Request` with ddlambda's feature `http`"
)]
pub trait HandlerEvent: sealed::Event {
    /// The payload, which extractors take.
    type Payload;
    /// The payload, which extractors take.
    fn payload(&self) -> &Self::Payload;
    /// The Lambda context; a `Request` constructed by other code has none.
    fn context(&self) -> Option<&Context>;
    /// The headers of an HTTP request, for when the raw event is not available.
    fn headers(&self) -> Option<Carrier> {
        None
    }
}

impl<T> HandlerEvent for LambdaEvent<T> {
    type Payload = T;

    fn payload(&self) -> &T {
        &self.payload
    }

    fn context(&self) -> Option<&Context> {
        Some(&self.context)
    }
}

#[cfg(feature = "http")]
impl HandlerEvent for lambda_http::Request {
    type Payload = Self;

    fn payload(&self) -> &Self {
        self
    }

    fn context(&self) -> Option<&Context> {
        lambda_http::RequestExt::lambda_context_ref(self)
    }

    fn headers(&self) -> Option<Carrier> {
        let text = |value: &http::HeaderValue| Some(value.to_str().ok()?.to_owned());
        let headers = Self::headers(self).iter();
        Some(
            headers
                .filter_map(|(name, value)| Some((name.to_string(), text(value)?)))
                .collect(),
        )
    }
}

/// What a handler returns.
#[diagnostic::on_unimplemented(
    message = "a `#[handler]` function must return `Result<R, E>`",
    label = "not a `Result`"
)]
pub trait HandlerResult: sealed::Result {
    /// The response.
    type Ok;
    /// The error.
    type Err;
    /// The outcome, by reference.
    fn outcome(&self) -> Result<&Self::Ok, &Self::Err>;
}

impl<T, E> HandlerResult for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn outcome(&self) -> Result<&T, &E> {
        self.as_ref()
    }
}

mod sealed {
    #[diagnostic::on_unimplemented(
        message = "a `#[handler]` function cannot take the event as `{Self}`"
    )]
    pub trait Event {}
    impl<T> Event for lambda_runtime::LambdaEvent<T> {}
    #[cfg(feature = "http")]
    impl Event for lambda_http::Request {}

    #[diagnostic::on_unimplemented(message = "a `#[handler]` function must return `Result<R, E>`")]
    pub trait Result {}
    impl<T, E> Result for std::result::Result<T, E> {}
}

/// Determines whether the payload of an event is a [`TraceCarrier`], without a bound that generic handlers would have to
/// repeat: method resolution picks [`ViaTraceCarrier`] if it applies, and otherwise [`ViaNothing`], which needs one more
/// reference.
#[derive(Debug)]
pub struct CarrierProbe<'a, Ev>(pub &'a Ev);

/// For payloads known to be carriers.
pub trait ViaTraceCarrier {
    /// The trace headers in the payload.
    fn carrier(&self) -> Option<Carrier>;
}

impl<T: TraceCarrier> ViaTraceCarrier for CarrierProbe<'_, LambdaEvent<T>> {
    fn carrier(&self) -> Option<Carrier> {
        let mut carrier = Carrier::default();
        self.0
            .payload
            .each(&mut |name, value| carrier.insert(name, value));
        Some(carrier)
    }
}

/// For everything else.
pub trait ViaNothing {
    /// `None`.
    fn carrier(&self) -> Option<Carrier> {
        None
    }
}

impl<Ev> ViaNothing for &CarrierProbe<'_, Ev> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, ddlambda::TraceCarrier)]
    struct Order {
        traceparent: String,
    }

    fn event<T>(payload: T) -> LambdaEvent<T> {
        LambdaEvent::new(payload, Context::default())
    }

    #[test]
    fn carriers_are_found_where_they_are_known() {
        fn unknown<T>(event: &LambdaEvent<T>) -> Option<Carrier> {
            let probe = &CarrierProbe(event);
            probe.carrier()
        }
        fn bounded<T: TraceCarrier>(event: &LambdaEvent<T>) -> Option<Carrier> {
            let probe = &CarrierProbe(event);
            probe.carrier()
        }
        let order = event(Order {
            traceparent: "1".to_owned(),
        });
        let mut expected = Carrier::default();
        expected.insert("traceparent", "1");
        let probe = &CarrierProbe(&order);
        assert_eq!(probe.carrier(), Some(expected.clone()));
        assert_eq!(bounded(&order), Some(expected));
        assert_eq!(unknown(&order), None);
        assert_eq!((&CarrierProbe(&event(1))).carrier(), None);
    }

    #[ddlambda::handler(extractor = |order: &Order| (order.traceparent.len() as u64, 0, 1))]
    async fn handler(suffix: &str, event: LambdaEvent<Order>) -> Result<String, &'static str> {
        match event.payload.traceparent.as_str() {
            "" => Err("none"),
            traceparent => Ok(format!("{traceparent}{suffix}")),
        }
    }

    #[tokio::test]
    async fn a_handler_returns_what_its_body_does() {
        let order = |traceparent: &str| Order {
            traceparent: traceparent.to_owned(),
        };
        assert_eq!(handler("!", event(order("a"))).await, Ok("a!".to_owned()));
        assert_eq!(handler("!", event(order(""))).await, Err("none"));
    }
}
