//! With `datadog-opentelemetry`.

use std::hint::black_box;
use std::sync::OnceLock;

use ::datadog_opentelemetry::configuration::Config;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{global, Context};
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::Peer;

#[derive(Debug)]
pub struct DatadogOpentelemetry;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

struct Read<'a>(&'a HeaderMap);

impl Extractor for Read<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Write<'a>(&'a mut HeaderMap);

impl Injector for Write<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (key.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

fn extract(request: &HeaderMap) -> Context {
    global::get_text_map_propagator(|by| by.extract_with_context(&Context::new(), &Read(request)))
}

fn inject(context: &Context, headers: &mut HeaderMap) {
    global::get_text_map_propagator(|by| by.inject_context(context, &mut Write(headers)));
}

/// The context of a new span that continues that of a request.
fn child(request: &HeaderMap) -> Context {
    let parent = extract(request);
    let provider = PROVIDER.get().expect("it has been set up");
    let tracer = provider.tracer("peers");
    let span = tracer.start_with_context("web.request", &parent);
    parent.with_span(span)
}

impl Peer for DatadogOpentelemetry {
    fn init() {
        PROVIDER.get_or_init(|| {
            let mut config = Config::builder();
            // Nothing but traces, as with ddlambda.
            config.set_telemetry_enabled(false);
            config.set_remote_config_enabled(false);
            config.set_trace_stats_computation_enabled(false);
            ::datadog_opentelemetry::tracing()
                .with_config(config.build())
                .init()
        });
    }

    fn extract(request: &HeaderMap) {
        black_box(extract(request));
    }

    fn within(request: &HeaderMap, measure: impl FnOnce(&dyn Fn(&mut HeaderMap))) {
        let context = child(request);
        measure(&|headers| inject(&context, headers));
        context.span().end();
    }

    fn pass_on(request: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let context = child(request);
        inject(&context, &mut headers);
        context.span().end();
        headers
    }
}
