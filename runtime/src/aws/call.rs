//! One call of a service, from the moment its operation is known until its end.

use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, Metadata, OrchestratorError,
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use http::StatusCode;

use super::carrier::Context;
use super::failure::{failure, timed_out};
use super::request::Request;
use super::services::{self, Service, Target};
use crate::client::ClientSpan;
use crate::config::Config;
use crate::contained::say;
use crate::propagation::Inject;
use crate::span::{Span, Text};

/// A traced call. Its span ends with the call, at the latest when the SDK drops it.
pub(super) struct Call {
    span: Option<ClientSpan>,
    /// From this time on, a dropped call means that the SDK's timeout has expired.
    times_out: Option<Instant>,
    service: &'static dyn Service,
    metadata: Metadata,
    progress: Progress,
    target: Target,
}

/// The steps that have been done. Each is done once, even if there are more attempts or a second interceptor.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Progress {
    Opened,
    Serialized,
    Signed,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("span", &self.span)
            .field("metadata", &self.metadata)
            .field("progress", &self.progress)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

impl Call {
    /// Opens the span of a call with a `timeout` for all of its attempts; `None` if the call is not traced.
    pub(super) fn open(metadata: &Metadata, timeout: Option<Duration>) -> Option<Self> {
        let config = Config::get();
        if !config.trace_enabled {
            return None;
        }
        let service = services::find(metadata.service());
        let style = service.style(metadata.name());
        let name: Text = match (config.schema_v1, style.name) {
            (false, _) => "aws.request".into(),
            (true, Some(name)) => name.into(),
            (true, None) => {
                let id: String = services::id(metadata.service()).collect();
                format!("aws.{id}.request").into()
            }
        };
        let span = ClientSpan::open(name, style.kind, |span| {
            span.kind = style.span_type.into();
            span.service = service_name(config, metadata.service());
            let operation = lower_camel(metadata.name());
            let tags = &mut span.tags;
            tags.push("component", "aws-sdk");
            tags.push("aws.service", metadata.service());
            tags.push("aws_service", metadata.service());
            tags.push("aws.operation", &operation);
            tags.push_number("_dd.measured", 1.0);
            span.resource = Some(operation.into());
        })?;
        Some(Self {
            span: Some(span),
            times_out: timeout.and_then(|timeout| {
                // The SDK's timer started a little earlier.
                Instant::now().checked_add(timeout.saturating_sub(Duration::from_millis(5)))
            }),
            service,
            metadata: metadata.clone(),
            progress: Progress::Opened,
            target: Target::None,
        })
    }

    /// Describes the request on the span, and injects the context into it.
    pub(super) fn serialized(&mut self, http: &mut HttpRequest) {
        let Some(span) = self
            .span
            .as_ref()
            .filter(|_| self.progress < Progress::Serialized)
        else {
            return;
        };
        self.progress = Progress::Serialized;
        let (config, operation) = (Config::get(), self.metadata.name());
        let request = Request::new(http);
        span.change(|span| {
            let about = self.service.describe(&request, &mut span.tags);
            if let Some(about) = about {
                extend_resource(span, &about);
            }
        });
        self.target = self.service.target(operation, &request, config);
        if !config.aws.propagation || !self.service.carries(operation) {
            return;
        }
        let source = |into: &mut dyn Inject| span.inject(into);
        let context = Context::new(&source, span.now() / 1_000_000, config.aws.whole_batches);
        let change = self.service.inject(operation, &request, &context);
        match change {
            Some(change) => change.make(http),
            None => say(&|| {
                tracing::debug!(
                    target: "ddlambda",
                    "a request of {} {operation} goes without the trace context, or has it",
                    self.metadata.service()
                );
            }),
        }
    }

    /// Tags where the request goes, as far as its signature and its host say.
    pub(super) fn signed(&mut self, http: &HttpRequest) {
        let Some(span) = self
            .span
            .as_ref()
            .filter(|_| self.progress < Progress::Signed)
        else {
            return;
        };
        self.progress = Progress::Signed;
        let bucket = match &mut self.target {
            Target::Object(object) => object.locate(http.uri()),
            Target::None | Target::Items(_) => None,
        };
        let region = http.headers().get("authorization").and_then(region);
        let host = self.service.host();
        span.change(|span| {
            if let Some(bucket) = bucket {
                span.tags.push("bucketname", bucket);
                span.tags.push("aws.s3.bucket_name", bucket);
                extend_resource(span, bucket);
            }
            let Some(region) = region else { return };
            span.tags.push("aws.region", region);
            span.tags.push("region", region);
            span.tags.push("aws.partition", services::partition(region));
            if let Some(host) = host {
                let parts = [host, ".", region, ".amazonaws.com"];
                match bucket {
                    Some(bucket) => {
                        let parts = [&[bucket, "."], &parts[..]].concat();
                        span.tags.push_joined("peer.service", &parts);
                    }
                    None => span.tags.push_joined("peer.service", &parts),
                }
            }
        });
    }

    /// Records how the call ended, and ends the span.
    pub(super) fn ended(
        &mut self,
        attempts: Option<u32>,
        response: Option<&HttpResponse>,
        outcome: Option<Result<&Output, &OrchestratorError<Error>>>,
    ) {
        let Some(span) = self.span.take() else { return };
        let Some(outcome) = outcome else {
            // Nothing was sent: the request was only presigned.
            if response.is_none() {
                span.discard();
            }
            return;
        };
        let target = std::mem::replace(&mut self.target, Target::None);
        let pointers = match (outcome, response) {
            (Ok(_), Some(response)) => {
                let operation = self.metadata.name();
                self.service
                    .pointers(operation, target, response, Config::get())
            }
            _ => Vec::new(),
        };
        if let Err(error) = outcome {
            span.fail(&failure(error, response));
        }
        span.change(|span| {
            if let Some(attempts) = attempts {
                let retries = attempts.saturating_sub(1);
                span.tags.push_number("retry_attempts", retries.into());
            }
            if let Some(response) = response {
                if let Ok(status) = StatusCode::from_u16(response.status().as_u16()) {
                    span.tags.push("http.status_code", status.as_str());
                }
                if let Some(id) = request_id(response) {
                    span.tags.push("aws.response.request_id", id);
                    span.tags.push("aws.requestid", id);
                }
            }
            span.links.extend(pointers);
        });
    }
}

/// Older versions of `aws-smithy-runtime` drop a call that times out, without calling a hook.
impl Drop for Call {
    fn drop(&mut self) {
        if let (Some(span), Some(times_out)) = (&self.span, self.times_out) {
            if Instant::now() >= times_out {
                span.fail(&timed_out());
            }
        }
    }
}

/// The operation as Node's tracer writes it: `sendMessage`.
fn lower_camel(operation: &str) -> String {
    let mut name = String::with_capacity(120);
    name.push_str(operation);
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// `{function's service}-aws-{service}`, unless that is mapped to another name; `None` means the function's own.
fn service_name(config: &Config, service: &str) -> Option<Text> {
    if config.own_service_only || config.schema_v1 {
        return None;
    }
    let name = services::datadog_name(service, config.service());
    let mut renamed = config.service_mapping.iter();
    let renamed = renamed.find(|(from, _)| *from == name);
    Some(renamed.map_or(name, |(_, to)| to.clone().into()))
}

/// Appends what the call is about to the resource.
fn extend_resource(span: &mut Span, about: &str) {
    if let Some(Text::Owned(resource)) = &mut span.resource {
        resource.push(' ');
        resource.push_str(about);
    }
}

/// The region in the scope of a signature: `{algorithm} Credential={key}/{date}/{region}/{service}/aws4_request, ..`.
fn region(authorization: &str) -> Option<&str> {
    let (_, scope) = authorization.split_once(' ')?;
    let scope = scope.strip_prefix("Credential=")?.split(',').next()?;
    let mut parts = scope.rsplit('/');
    let is_regional = parts.next()?.trim() == "aws4_request" && parts.clone().count() == 4;
    parts.nth(1).filter(|_| is_regional)
}

fn request_id(response: &HttpResponse) -> Option<&str> {
    let headers = response.headers();
    let names = ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"];
    names.into_iter().find_map(|name| headers.get(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active::Active;
    use crate::invocation::Invocation;

    #[test]
    fn a_call_that_is_dropped_when_its_time_is_up_has_timed_out() {
        for (timeout, kind) in [
            (None, None),
            (Some(Duration::from_secs(60)), None),
            (Some(Duration::from_millis(1)), Some("TimeoutError")),
        ] {
            let unit = Invocation::begin_unit(Span::new("job", 0, 0), None);
            let metadata = Metadata::new("SendMessage", "SQS");
            let open = || Call::open(&metadata, timeout);
            assert!(Active::root(unit.clone()).enter(open).is_some());
            let chunks = unit.finish().unwrap();
            let span = &chunks[0].spans[1];
            assert_eq!(span.tags.text("error.type"), kind, "{timeout:?}");
            assert_eq!(span.error, kind.is_some());
        }
    }
}
