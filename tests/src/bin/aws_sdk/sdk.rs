//! A client like those of the AWS SDK, of the parts that they have in common. What they differ in, how an input becomes a
//! request and a response an output, stands in the call.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_runtime::auth::sigv4::{SigV4AuthScheme, SCHEME_ID};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::defaults::{default_plugins, DefaultPluginParams};
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::orchestrator::{invoke_with_stop_point, StopPoint};
use aws_smithy_runtime::client::retries::classifiers::HttpStatusCodeClassifier;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::http::{
    http_client_fn, HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output, OutputOrError};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, Metadata, OrchestratorError,
};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{RuntimePlugins, StaticRuntimePlugin};
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::{Region, SigningRegion};
use aws_types::SigningName;

use tower::{Layer as _, Service};
use tracing::Instrument;

use ddlambda_tests::aws::{Answer, Call, Made, Sent, Way, KEY, REGION, SECRET};

/// What clients share.
pub(crate) struct SdkConfig;

pub(crate) mod config {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Config {
        pub(super) interceptors: Vec<SharedInterceptor>,
    }

    #[derive(Default)]
    pub(crate) struct Builder(Config);

    impl From<&SdkConfig> for Builder {
        fn from(_: &SdkConfig) -> Self {
            Self::default()
        }
    }

    impl Builder {
        pub(crate) fn interceptor(mut self, interceptor: impl Intercept + 'static) -> Self {
            self.0
                .interceptors
                .push(SharedInterceptor::new(interceptor));
            self
        }

        pub(crate) fn build(self) -> Config {
            self.0
        }
    }
}

pub(crate) struct Client(config::Config);

impl Client {
    pub(crate) fn from_conf(config: config::Config) -> Self {
        Self(config)
    }

    pub(crate) async fn call(&self, call: Call) -> Made {
        let wire = Wire::default();
        let plugins = self.plugins(&call, &wire);
        let stop = match call.way {
            Way::Presign => StopPoint::BeforeTransmit,
            _ => StopPoint::None,
        };
        let (service, operation) = (call.service.clone(), call.operation.clone());
        let way = call.way;
        let input = Input::erase(call);
        let invoked = invoke_with_stop_point(&service, &operation, input, &plugins, stop)
            .instrument(span(&service, &operation));
        let outcome = match way {
            Way::Cancel => tokio::time::timeout(Duration::ZERO, invoked).await.ok(),
            _ => Some(invoked.await),
        };
        let error = match outcome {
            None => Some("cancelled".to_owned()),
            Some(outcome) => outcome.err().map(|error| shown(&error)),
        };
        let mut sent = wire.sent.lock().unwrap_or_else(PoisonError::into_inner);
        Made {
            sent: std::mem::take(&mut *sent),
            error,
        }
    }

    fn plugins(&self, call: &Call, wire: &Wire) -> RuntimePlugins {
        let answers = call.answers.clone().into();
        let wire = Wire {
            sent: Arc::clone(&wire.sent),
            answers: Arc::new(Mutex::new(answers)),
        };
        let connector = match call.way {
            Way::Layered | Way::LayerOnly => SharedHttpConnector::new(Layered(wire)),
            _ => SharedHttpConnector::new(wire),
        };
        let mut config = Layer::new("call");
        let metadata = Metadata::new(call.operation.clone(), call.service.clone());
        config
            .store_put(metadata)
            .store_put(SharedRequestSerializer::new(Serializer))
            .store_put(SharedResponseDeserializer::new(Deserializer))
            .store_put(EndpointResolverParams::new(()))
            .store_put(AuthSchemeOptionResolverParams::new(()))
            .store_put(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .store_put(SigV4OperationSigningConfig {
                region: Some(SigningRegion::from(Region::from_static(REGION))),
                name: Some(SigningName::from(call.signing_name.clone())),
                ..SigV4OperationSigningConfig::default()
            });
        let credentials = Identity::from(Credentials::from_keys(KEY, SECRET, None));
        let mut components = RuntimeComponentsBuilder::new("call")
            .with_http_client(Some(http_client_fn(move |_, _| connector.clone())))
            .with_endpoint_resolver(Some(StaticUriEndpointResolver::uri(&*call.endpoint)))
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
                SCHEME_ID,
            ])))
            .with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials))
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_sleep_impl(Some(TokioSleep::new()));
        for interceptor in &self.0.interceptors {
            components.push_interceptor(interceptor.clone());
        }
        let plugin = StaticRuntimePlugin::new()
            .with_config(config.freeze())
            .with_runtime_components(components);
        let defaults = DefaultPluginParams::new()
            .with_retry_partition_name(call.service.clone())
            .with_behavior_version(BehaviorVersion::latest());
        RuntimePlugins::new()
            .with_client_plugins(default_plugins(defaults))
            .with_client_plugin(plugin)
    }
}

/// The span that the code of every operation has.
fn span(service: &str, operation: &str) -> tracing::Span {
    tracing::debug_span!(
        target: "aws_sdk_sqs::operation::send_message",
        "SQS.SendMessage",
        "rpc.service" = service,
        "rpc.method" = operation,
        "sdk_invocation_id" = 1_234_567,
        "rpc.system" = "aws-api",
    )
}

fn shown(error: &SdkError<Error, HttpResponse>) -> String {
    match error.as_service_error() {
        Some(error) => error.to_string(),
        None => error.to_string(),
    }
}

#[derive(Debug)]
struct Serializer;

impl SerializeRequest for Serializer {
    fn serialize_input(&self, input: Input, _: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let call = input.downcast::<Call>().map_err(|_| "no call")?;
        if call.way == Way::Unserializable {
            return Err("`body` is missing".into());
        }
        let mut request = HttpRequest::new(SdkBody::from(call.body));
        request.set_method("POST")?;
        request.set_uri(call.path)?;
        for (name, value) in call.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

/// The error of an operation, which prints as those of the SDK do.
#[derive(Debug)]
struct ServiceError(String);

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServiceError {}

#[derive(Debug)]
struct Deserializer;

impl DeserializeResponse for Deserializer {
    fn deserialize_nonstreaming(&self, response: &HttpResponse) -> OutputOrError {
        if response.status().is_success() {
            return Ok(Output::erase(()));
        }
        let text = response.body().bytes().unwrap_or_default();
        let text = String::from_utf8_lossy(text).into_owned();
        Err(OrchestratorError::operation(Error::erase(ServiceError(
            text,
        ))))
    }
}

/// Where requests end up.
#[derive(Clone, Debug, Default)]
struct Wire {
    sent: Arc<Mutex<Vec<Sent>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        let headers: BTreeMap<_, _> = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let body = request.body().bytes().unwrap_or_default();
        let sent = Sent {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            headers,
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let mut all = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(sent);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.pop_front() {
            None => HttpConnectorFuture::new(std::future::pending()),
            Some(answer) if answer.status == 0 => {
                HttpConnectorFuture::ready(Err(ConnectorError::io("the connection broke".into())))
            }
            Some(answer) => HttpConnectorFuture::ready(Ok(response(answer))),
        }
    }
}

/// The same by way of a client that is a tower service, which is traced.
#[derive(Debug)]
struct Layered(Wire);

impl HttpConnector for Layered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let failed = |error: BoxError| ConnectorError::other(error, None);
        let wire = self.0.clone();
        let send = move |request: http::Request<SdkBody>| {
            let sent = request.try_into().map(|request| wire.call(request));
            async move {
                let response = sent.map_err(|error| failed(Box::new(error)))?.await?;
                let response = response.try_into_http1x();
                response.map_err(|error| failed(Box::new(error)))
            }
        };
        let mut client = ddlambda::http_client::layer().layer(tower::service_fn(send));
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x();
            let request = request.map_err(|error| failed(Box::new(error)))?;
            let response = client.call(request).await?;
            response
                .try_into()
                .map_err(|error: HttpError| failed(Box::new(error)))
        })
    }
}

fn response(answer: Answer) -> HttpResponse {
    let status = answer.status.try_into().expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    response
}
