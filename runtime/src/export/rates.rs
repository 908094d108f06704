//! The sampling rates in an agent's responses. The Datadog Lambda Extension sends none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::json::Json;

/// The last rates received.
static RATES: Mutex<Option<Arc<Rates>>> = Mutex::new(None);

/// The agent's rates, if it has sent any.
pub(crate) fn rates() -> Option<Arc<Rates>> {
    lock().clone()
}

/// Takes the rates from a response.
pub(super) fn learn(answer: &[u8]) {
    if let Some(rates) = Rates::read(answer) {
        *lock() = Some(rates)
            .filter(|rates| !rates.0.is_empty())
            .map(Arc::new);
    }
}

fn lock() -> MutexGuard<'static, Option<Arc<Rates>>> {
    RATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rates by service and environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rates(Vec<(String, f64)>);

impl Rates {
    /// The rates in a response; `None` if it has none.
    pub(crate) fn read(answer: &[u8]) -> Option<Self> {
        let told = Json::new(answer).get("rate_by_service")?;
        let rates = told.members().filter_map(|(key, rate)| {
            let rate = rate.as_f64().filter(|rate| (0.0..=1.0).contains(rate))?;
            Some((key.into_owned(), rate))
        });
        Some(Self(rates.collect()))
    }

    /// The rate of a service in an environment, or else the default rate. Agents write services in lower case.
    pub(crate) fn of(&self, service: &str, env: &str) -> Option<f64> {
        let key = format!("service:{service},env:{env}");
        let rate = |key: &str| {
            let mut rates = self.0.iter();
            let found = rates.find(|(known, _)| known.eq_ignore_ascii_case(key));
            found.map(|(_, rate)| *rate)
        };
        rate(&key).or_else(|| rate("service:,env:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_for_a_service_or_for_all() {
        let answer = br#"{"rate_by_service": {"service:,env:": 0.5, "service:orders,env:prod": 1,
            "service:odd,env:prod": 7, "service:odder,env:prod": "1"}}"#;
        let rates = Rates::read(answer).unwrap();
        assert_eq!(rates.of("Orders", "prod"), Some(1.0));
        for (service, env) in [("orders", "test"), ("odd", "prod"), ("odder", "prod")] {
            assert_eq!(rates.of(service, env), Some(0.5), "{service}");
        }
        let rates = Rates::read(br#"{"rate_by_service": {}}"#).unwrap();
        assert_eq!((rates.of("orders", ""), Rates::read(b"OK")), (None, None));
    }
}
