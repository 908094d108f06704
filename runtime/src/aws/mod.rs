//! Calls of the AWS SDK for Rust: spans, context propagation and span pointers.
//!
//! [`traced_client!`](crate::traced_client) creates a client whose calls are traced. For clients that are created in
//! another way, add the [`interceptor`]:
//!
//! ```ignore
//! let config = aws_config::load_from_env().await;
//! let queue = ddlambda::traced_client!(aws_sdk_sqs, &config);
//! let bucket = aws_sdk_s3::Client::from_conf(
//!     aws_sdk_s3::config::Builder::from(&config)
//!         .force_path_style(true)
//!         .interceptor(ddlambda::aws::interceptor())
//!         .build(),
//! );
//! ```
//!
//! Every call of every service has a span, below the span that is active when the call is first polled. It ends with the
//! call, or when the call is dropped. A presigned request has no span, as nothing is sent.
//!
//! The trace context is written into the request after the SDK has serialised it and before it is signed, once for all
//! attempts: into SQS and SNS messages, EventBridge events, Kinesis records, the client context of Lambda invocations,
//! and the input of Step Functions executions. A message without room for it is sent unchanged.
//!
//! S3 objects and DynamoDB items cannot carry a context. Instead, the span has a pointer to what was written, and so does
//! the span of a function that an event notifies of it.

mod call;
mod carrier;
mod failure;
mod form;
mod limits;
mod request;
mod services;
mod splice;
#[cfg(test)]
mod tests;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::client::Traced;
use call::Call;

/// Returns the interceptor that traces the calls of an AWS SDK client.
#[must_use]
pub fn interceptor() -> Interceptor {
    Interceptor(())
}

/// Traces the calls of an AWS SDK client, created by [`interceptor`].
///
/// Adding it to a client twice has no further effect. It never fails a call. It does nothing outside an invocation or a
/// [unit of work](crate::host), except that calls before the first invocation have spans below `aws.lambda.load`, and
/// nothing at all with `DD_TRACE_ENABLED=false`.
#[derive(Clone, Copy, Debug)]
pub struct Interceptor(());

/// Creates a client of an AWS SDK crate whose calls are traced (feature `aws-sdk`).
///
/// The first argument is the path of the crate. The second is a reference to a configuration from which its
/// `config::Builder` can be created, such as the `SdkConfig` of `aws_config` or the crate's own `Config`.
///
/// ```ignore
/// let config = aws_config::load_from_env().await;
/// let queue = ddlambda::traced_client!(aws_sdk_sqs, &config);
/// let table = ddlambda::traced_client!(aws_sdk_dynamodb, &config);
/// queue.send_message().queue_url(url).message_body("an order").send().await?;
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "aws-sdk")))]
#[macro_export]
macro_rules! traced_client {
    ($($sdk:ident)::+, $config:expr $(,)?) => {
        $($sdk)::+::Client::from_conf(
            $($sdk)::+::config::Builder::from($config)
                .interceptor($crate::aws::interceptor())
                .build(),
        )
    };
}

/// The hooks in the order in which they are called. If the first one creates no call, nothing is traced.
impl Intercept for Interceptor {
    fn name(&self) -> &'static str {
        "ddlambda"
    }

    /// The first hook that knows the operation.
    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if cfg.load::<Call>().is_some() {
            return Ok(());
        }
        let timeout = cfg.load::<TimeoutConfig>();
        let timeout = timeout.and_then(TimeoutConfig::operation_timeout);
        let metadata = cfg.load::<Metadata>();
        let call = metadata.and_then(|metadata| Call::open(metadata, timeout));
        if let Some(call) = call {
            cfg.interceptor_state().store_put(call);
        }
        Ok(())
    }

    /// Changes made here apply to every attempt.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = cfg.get_mut_from_interceptor_state::<Call>() {
            call.serialized(context.request_mut());
        }
        Ok(())
    }

    /// By now the destination of the request is known.
    fn read_after_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = cfg.get_mut_from_interceptor_state::<Call>() {
            call.signed(context.request());
        }
        Ok(())
    }

    /// The request as it is sent, in each attempt. If the HTTP client is traced as well, this span replaces its own.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if cfg.load::<Call>().is_some() {
            context.request_mut().add_extension(Traced);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempts = cfg.load::<RequestAttempts>().map(RequestAttempts::attempts);
        if let Some(call) = cfg.get_mut_from_interceptor_state::<Call>() {
            call.ended(attempts, context.response(), context.output_or_error());
        }
        Ok(())
    }
}
