//! A call of SQS, as far as the interceptor sees it.

use aws_smithy_runtime_api::client::interceptors::context::{Input, InterceptorContext, Output};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer};

const BODY: &str = r#"{"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/orders","MessageBody":"{\"order\":1001,\"lines\":[{\"sku\":\"A-17\",\"quantity\":2}]}","MessageAttributes":{"kind":{"DataType":"String","StringValue":"order"}}}"#;
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=content-length;content-type;host, Signature=0";

/// A client that sends messages to a queue.
#[derive(Debug)]
pub struct Client {
    components: RuntimeComponents,
    config: FrozenLayer,
}

impl Default for Client {
    fn default() -> Self {
        let mut config = Layer::new("SendMessage");
        config.store_put(Metadata::new("SendMessage", "SQS"));
        let components = RuntimeComponentsBuilder::for_tests();
        Self {
            components: components.build().expect("components for tests"),
            config: config.freeze(),
        }
    }
}

impl Client {
    /// Makes a call, and returns the length of the request: with the hooks in the order of the SDK, and what stands
    /// between them done at once.
    pub fn call(&self, interceptor: &dyn Intercept) -> usize {
        let mut bag = ConfigBag::base();
        bag.push_shared_layer(self.config.clone());
        let (cfg, components) = (&mut bag, &self.components);
        let mut context = InterceptorContext::new(Input::erase(()));
        let done = "the interceptor fails nothing";

        let hook = &mut (&mut context).into();
        interceptor
            .modify_before_serialization(hook, components, cfg)
            .expect(done);
        context.enter_serialization_phase();
        context.take_input();
        context.set_request(request());
        context.enter_before_transmit_phase();
        let hook = &mut (&mut context).into();
        interceptor
            .modify_before_retry_loop(hook, components, cfg)
            .expect(done);
        cfg.interceptor_state().store_put(RequestAttempts::new(1));
        let request = context.request_mut().expect("it was set");
        request.headers_mut().insert("authorization", SIGNATURE);
        let hook = &(&context).into();
        interceptor
            .read_after_signing(hook, components, cfg)
            .expect(done);

        let hook = &mut (&mut context).into();
        interceptor
            .modify_before_transmit(hook, components, cfg)
            .expect(done);

        context.enter_transmit_phase();
        let sent = context.take_request();
        context.set_response(response());
        context.enter_before_deserialization_phase();
        context.enter_deserialization_phase();
        context.set_output_or_error(Ok(Output::erase(())));
        context.enter_after_deserialization_phase();
        let hook = &(&context).into();
        interceptor
            .read_after_execution(hook, components, cfg)
            .expect(done);
        sent.and_then(|sent| Some(sent.body().bytes()?.len()))
            .unwrap_or_default()
    }
}

fn request() -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(BODY));
    let headers = request.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.0");
    headers.insert("content-length", BODY.len().to_string());
    request
}

fn response() -> HttpResponse {
    let status = 200.try_into().expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from("{}"));
    let headers = response.headers_mut();
    headers.insert("x-amzn-requestid", "8c5f2c1a-0000-4000-8000-000000000000");
    response
}
