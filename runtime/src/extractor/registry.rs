//! The extractors that `DD_TRACE_EXTRACTOR` can name: those with `#[ddlambda::extractor]`.

use std::cmp::Reverse;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::contained::Contained;
use super::RawEvent;
use crate::config::Config;
use crate::contained::say;
use crate::TraceContext;

/// The future of a registered extractor.
pub type Extracting<'a> = Pin<Box<dyn Future<Output = Option<TraceContext>> + Send + 'a>>;

/// A registered extractor.
pub struct Registered {
    /// The name given to the attribute, instead of `<module>.<function>`.
    name: Option<&'static str>,
    /// `module_path!()`.
    module: &'static str,
    function: &'static str,
    run: for<'a> fn(RawEvent<'a>) -> Extracting<'a>,
}

inventory::collect!(Registered);

impl Registered {
    /// An entry of the registry.
    pub const fn new(
        name: Option<&'static str>,
        module: &'static str,
        function: &'static str,
        run: for<'a> fn(RawEvent<'a>) -> Extracting<'a>,
    ) -> Self {
        Self {
            name,
            module,
            function,
            run,
        }
    }

    /// Runs the extractor; a panic counts as finding nothing.
    pub(crate) fn extract<'a>(&self, raw: RawEvent<'a>) -> Extracting<'a> {
        let run = self.run;
        Box::pin(Contained::new(true, move || run(raw)))
    }

    /// The name to use in `DD_TRACE_EXTRACTOR`, as documented.
    fn name(&self) -> String {
        match self.name {
            Some(name) => name.to_owned(),
            None => {
                let module = self.module.rsplit("::").next().unwrap_or(self.module);
                format!("{module}.{}", self.function)
            }
        }
    }

    /// How many segments, from the right, this entry has in common with `wanted`.
    fn likeness(&self, wanted: &[&str]) -> usize {
        let own = match self.name {
            Some(name) => segments(name),
            None => {
                let mut own = segments(self.module);
                own.push(self.function);
                own
            }
        };
        let pairs = own.iter().rev().zip(wanted.iter().rev());
        pairs.take_while(|(own, wanted)| own == wanted).count()
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registered").field(&self.name()).finish()
    }
}

/// The extractor for `name`: the one with exactly that name, or else the one with the most segments in common from the
/// right, at least the function and its module. So `pkg/orders.context` finds `orders.context`.
fn registered(name: &str) -> Option<&'static Registered> {
    find(inventory::iter::<Registered>, name)
}

/// The sorted names of all registered extractors.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for name in inventory::iter::<Registered>
        .into_iter()
        .map(Registered::name)
    {
        // Inserted one by one, since they are few and a sort is kilobytes of code.
        names.insert(names.partition_point(|known| *known < name), name);
    }
    names
}

fn find<'a>(all: impl IntoIterator<Item = &'a Registered>, name: &str) -> Option<&'a Registered> {
    let wanted = segments(name);
    let likeness = |entry: &Registered| match entry.name() == name {
        true => usize::MAX,
        false => entry.likeness(&wanted),
    };
    // If two match equally well, the one nearer to the crate root.
    let best = all
        .into_iter()
        .max_by_key(|entry| (likeness(entry), Reverse(entry.module.len())))?;
    (likeness(best) >= 2).then_some(best)
}

fn segments(path: &str) -> Vec<&str> {
    path.split(['.', '/', ':'])
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// The registered extractor that `DD_TRACE_EXTRACTOR` names.
pub(crate) fn chosen() -> Option<&'static Registered> {
    static CHOSEN: OnceLock<Option<&'static Registered>> = OnceLock::new();
    *CHOSEN.get_or_init(|| registered(Config::get().extractor.as_deref()?))
}

/// Logs if `DD_TRACE_EXTRACTOR` names no registered extractor.
pub(crate) fn say_unknown() {
    let (Some(name), None) = (&Config::get().extractor, chosen()) else {
        return;
    };
    let known = match names().is_empty() {
        true => "none".to_owned(),
        false => names().join(", "),
    };
    say(&|| {
        tracing::warn!(
            target: "ddlambda",
            "DD_TRACE_EXTRACTOR=`{name}` names no registered extractor; known: {known}"
        );
    });
}

/// What a registered extractor takes: the raw event, or anything that the raw event decodes to.
#[diagnostic::on_unimplemented(
    message = "a registered extractor cannot take `&{Self}`",
    note = "it takes a type that implements `serde::Deserialize`, or `&RawEvent<'_>`"
)]
pub trait FromRaw<'a>: Sized {
    /// Reads the event; `None` if it is not of this type.
    fn from_raw(raw: RawEvent<'a>) -> Option<Self>;
}

impl<T: DeserializeOwned> FromRaw<'_> for T {
    fn from_raw(raw: RawEvent<'_>) -> Option<Self> {
        match serde_json::from_slice(raw.body()) {
            Ok(payload) => Some(payload),
            Err(error) => {
                say(
                    &|| tracing::debug!(target: "ddlambda", %error, "the event is not what the trace extractor takes"),
                );
                None
            }
        }
    }
}

impl<'a> FromRaw<'a> for RawEvent<'a> {
    fn from_raw(raw: RawEvent<'a>) -> Option<Self> {
        Some(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::Context;

    fn nothing(_: RawEvent<'_>) -> Extracting<'_> {
        Box::pin(std::future::ready(None))
    }

    #[test]
    fn names_are_matched_from_the_right() {
        let all = [
            Registered::new(Some("orders.json"), "shop::legacy", "old", nothing),
            Registered::new(None, "shop::orders", "context", nothing),
            Registered::new(None, "shop::returns::orders", "context", nothing),
            Registered::new(None, "shop", "root", nothing),
        ];
        let find = |name| find(&all, name).map(|entry| (entry.module, entry.function));
        assert_eq!(find("orders.json"), Some(("shop::legacy", "old")));
        assert_eq!(
            find("legacy.old"),
            None,
            "a stated name replaces the default one"
        );
        assert_eq!(find("orders.context"), Some(("shop::orders", "context")));
        assert_eq!(
            find("shop::orders::context"),
            Some(("shop::orders", "context"))
        );
        assert_eq!(
            find("src/returns/orders.context"),
            Some(("shop::returns::orders", "context"))
        );
        assert_eq!(find("shop.root"), Some(("shop", "root")));
        assert_eq!(find("context"), None);
        assert_eq!(find(""), None);
    }

    #[derive(serde::Deserialize)]
    struct Order {
        trace: u64,
    }

    #[crate::extractor(name = "registry.typed")]
    fn typed(order: &Order) -> (u64, u64, i32) {
        (order.trace, 1, 1)
    }

    #[crate::extractor]
    async fn raw(raw: &RawEvent<'_>) -> Option<TraceContext> {
        tokio::task::yield_now().await;
        Some(TraceContext::new(raw.body().len() as u128, 1))
    }

    #[crate::extractor]
    fn panics(_: &RawEvent<'_>, context: &Context) -> Option<TraceContext> {
        panic!("{}", context.request_id)
    }

    async fn extract(name: &str, body: &str) -> Option<u128> {
        let context = Context::default();
        let raw = RawEvent::new(body.as_bytes(), &context);
        let found = registered(name).expect(name).extract(raw).await;
        found.map(|found| found.trace_id())
    }

    #[tokio::test]
    async fn registered_extractors_run() {
        let body = r#"{"trace": 5}"#;
        assert_eq!(names(), ["registry.typed", "tests.panics", "tests.raw"]);
        assert_eq!(extract("registry.typed", body).await, Some(5));
        assert_eq!(extract("registry.typed", "[]").await, None);
        assert_eq!(extract("registry/tests.raw", body).await, Some(12));
        assert_eq!(extract("tests.panics", body).await, None);
    }
}
