//! Calls of the AWS SDK for Rust: a span for each, the trace context in what they send, pointers to what they write.
//!
//! [`traced_client!`](crate::traced_client) makes a client whose calls are traced, [`interceptor`] is for clients that
//! are built in another way:
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
//! Every call of every service has a span, below the one that is active where the call is awaited first. It ends with
//! the call, also where that is cancelled. A presigned request has none: nothing is sent.
//!
//! The context is written into the request after the SDK has serialised it and before it is signed, once for all
//! attempts: into messages of SQS and SNS, events of EventBridge, records of Kinesis, invocations of Lambda and executions
//! of Step Functions. A message that has no room for it goes as it is.
//!
//! Objects of S3 and items of DynamoDB have no place for a context. What a function writes is pointed to instead, and so
//! is what another one is told of by an event.

mod call;
mod carrier;
mod failure;
mod form;
mod request;
mod room;
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

/// What a client of the AWS SDK is given so that its calls are traced; see [`Interceptor`].
#[must_use]
pub fn interceptor() -> Interceptor {
    Interceptor(())
}

/// Traces the calls of a client of the AWS SDK. Copies of it are as good as one; given twice, it counts once.
///
/// It never fails a call. Outside of an invocation, and where tracing is disabled, it does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Interceptor(());

/// A client of an AWS SDK crate whose calls are traced.
///
/// Takes the path of the crate, and a reference to what its `config::Builder` can be made from, such as the
/// `SdkConfig` of `aws_config` or the crate's own `Config`. The feature is `aws-sdk`.
///
/// ```ignore
/// let config = aws_config::load_from_env().await;
/// let queue = ddlambda::traced_client!(aws_sdk_sqs, &config);
/// let table = ddlambda::traced_client!(aws_sdk_dynamodb, &config);
/// queue.send_message().queue_url(url).message_body("an order").send().await?;
/// ```
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

/// The hooks in the order they are called. Where an earlier one has made no call, nothing is traced.
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

    /// What is changed here goes with every attempt.
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

    /// By now the request knows where it goes.
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

    /// The request as it is sent, in each attempt. If the client of HTTP is traced, too, this span stands for its own.
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
