//! The functions as processes, and what AWS would do between them.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use ddlambda::testing::{Aws, Lambda, Outcome};
use lambda_runtime::Error;
use serde_json::json;
use tokio::sync::OnceCell;

use super::story::Story;

/// By the names of their binaries.
const FUNCTIONS: [&str; 4] = ["orders", "payments", "shipping", "support"];

/// Builds the functions in the way that this program was built, and returns the folder of all their binaries.
pub(crate) fn build() -> Result<PathBuf, Error> {
    let mut folder = std::env::current_exe()?;
    folder.pop();
    let target = folder.parent().ok_or("the tour is in no target folder")?;
    let profile = match folder.file_name() {
        Some(name) if name != "debug" => name,
        _ => "dev".as_ref(),
    };
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", "ddlambda-examples"])
        .args(FUNCTIONS.iter().flat_map(|name| ["--bin", name]))
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .arg("--profile")
        .arg(profile)
        .status()?;
    match built.success() {
        true => Ok(folder),
        false => Err("the functions do not build".into()),
    }
}

pub(crate) struct Shop {
    folder: PathBuf,
    aws: Aws,
    orders: OnceCell<Lambda>,
    payments: Lambda,
    shipping: OnceCell<Lambda>,
    support: OnceCell<Lambda>,
}

impl Shop {
    /// Starts `payments` and warms it up. The others start cold, as on Lambda: when their first event is there.
    pub(crate) async fn open(folder: PathBuf) -> Self {
        let aws = Aws::start();
        let payments = start(&folder, "payments", &aws).await;
        aws.register("payments", &payments);
        payments
            .invoke(json!({ "order": 1000, "cents": 100, "currency": "EUR" }))
            .await;
        Self {
            folder,
            aws,
            orders: OnceCell::new(),
            payments,
            shipping: OnceCell::new(),
            support: OnceCell::new(),
        }
    }

    /// Waits until nobody has anything left to do: then all traces have arrived.
    pub(crate) async fn close(&self) {
        for function in self.functions() {
            function.idle().await;
        }
    }

    fn functions(&self) -> impl Iterator<Item = &Lambda> {
        let cold = [&self.orders, &self.shipping, &self.support];
        let cold = cold.into_iter().filter_map(OnceCell::get);
        cold.chain([&self.payments])
    }

    /// Sends `POST /orders` as API Gateway does.
    pub(crate) async fn order(
        &self,
        id: u64,
        customer: &str,
        cents: u32,
        currency: &str,
    ) -> Outcome {
        let order = json!({ "id": id, "customer": customer, "cents": cents, "currency": currency });
        let request = json!({
            "resource": "/orders",
            "path": "/orders",
            "httpMethod": "POST",
            "headers": { "Host": "shop.example.com", "Content-Type": "application/json" },
            "multiValueHeaders": {},
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": "shop.example.com",
                "httpMethod": "POST",
                "path": "/orders",
                "protocol": "HTTP/1.1",
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "requestTimeEpoch": millis(),
                "resourceId": "orders",
                "resourcePath": "/orders",
                "stage": "prod",
                "identity": { "sourceIp": "198.51.100.7", "userAgent": "curl/8" },
            },
            "body": order.to_string(),
            "isBase64Encoded": false,
        });
        let start = || start(&self.folder, "orders", &self.aws);
        let orders = self.orders.get_or_init(start).await;
        orders.invoke(request).await
    }

    /// Posts a complaint to the function URL of `support`, and delivers to the queue what that has published.
    pub(crate) async fn complain(&self, order: u64, customer: &str) -> Outcome {
        let complaint = json!({ "order": order, "customer": customer });
        let request = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/complaints",
            "rawQueryString": "",
            "headers": { "content-type": "application/json", "user-agent": "curl/8" },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "s1t2u3",
                "domainName": "s1t2u3.lambda-url.us-east-1.on.aws",
                "http": {
                    "method": "POST",
                    "path": "/complaints",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "198.51.100.8",
                    "userAgent": "curl/8",
                },
                "requestId": "0f7a8bfb-1f6c-4c49-a2b5-b4d1f7b3d9a1",
                "routeKey": "$default",
                "stage": "$default",
                "timeEpoch": millis(),
            },
            "body": complaint.to_string(),
            "isBase64Encoded": false,
        });
        let start = || start(&self.folder, "support", &self.aws);
        let support = self.support.get_or_init(start).await;
        let outcome = support.invoke(request).await;
        self.aws.deliver("replacements", "shipping");
        outcome
    }

    /// Delivers what waits in the queue, as one batch.
    pub(crate) async fn deliver(&self) -> Outcome {
        let start = || start(&self.folder, "shipping", &self.aws);
        let shipping = self.shipping.get_or_init(start).await;
        shipping.invoke(self.aws.sqs_event("shipping")).await
    }

    /// All that belongs to the trace that `outcome` began.
    pub(crate) async fn story(&self, outcome: &Outcome) -> Story {
        let trace_id = outcome.trace().await.trace_id();
        Story::new(trace_id, self.functions())
    }
}

/// Milliseconds since the Unix epoch.
fn millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_millis() as u64
}

fn start(folder: &Path, name: &str, aws: &Aws) -> impl Future<Output = Lambda> {
    Lambda::binary(folder.join(name))
        .function_name(name)
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .env("DD_ENV", "tour")
        .aws(aws)
        .start()
}
