//! The functions as processes, and what AWS would do between them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use ddlambda::testing::{Aws, Lambda, Outcome};
use lambda_runtime::Error;
use serde_json::json;

use super::story::Story;

/// Builds the functions, and returns the folder of their binaries: this program's own.
pub(crate) fn build() -> Result<PathBuf, Error> {
    let tour = std::env::current_exe()?;
    let folder = tour.parent().ok_or("the tour is in no folder")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--package", "ddlambda-examples"])
        .args(["--bin", "orders", "--bin", "payments", "--bin", "shipping"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ]);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    match cargo.status()?.success() {
        true => Ok(folder.to_owned()),
        false => Err("the functions do not build".into()),
    }
}

pub(crate) struct Shop {
    aws: Aws,
    orders: Lambda,
    payments: Lambda,
    shipping: Lambda,
}

impl Shop {
    /// Starts the functions.
    pub(crate) async fn open(folder: &Path) -> Self {
        let aws = Aws::start();
        let start = |name: &str| {
            Lambda::binary(folder.join(name))
                .function_name(name)
                .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
                .env("DD_ENV", "tour")
                .aws(&aws)
                .start()
        };
        let shop = Self {
            orders: start("orders").await,
            payments: start("payments").await,
            shipping: start("shipping").await,
            aws,
        };
        shop.aws.register("payments", &shop.payments);
        shop
    }

    /// Waits until nobody has anything left to do: then all traces have arrived.
    pub(crate) async fn close(&self) {
        for function in self.functions() {
            function.idle().await;
        }
    }

    fn functions(&self) -> [&Lambda; 3] {
        [&self.orders, &self.payments, &self.shipping]
    }

    /// Sends `POST /orders` as API Gateway does.
    pub(crate) async fn order(
        &self,
        id: u64,
        customer: &str,
        cents: u32,
        currency: &str,
    ) -> Outcome {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
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
                "requestTimeEpoch": now.as_millis() as u64,
                "resourceId": "orders",
                "resourcePath": "/orders",
                "stage": "prod",
                "identity": { "sourceIp": "198.51.100.7", "userAgent": "curl/8" },
            },
            "body": order.to_string(),
            "isBase64Encoded": false,
        });
        self.orders.invoke(request).await
    }

    /// Delivers what waits in the queue, as one batch.
    pub(crate) async fn deliver(&self) -> Outcome {
        self.shipping.invoke(self.aws.sqs_event("shipping")).await
    }

    /// All that belongs to the trace that `outcome` began.
    pub(crate) async fn story(&self, outcome: &Outcome) -> Story {
        let trace_id = outcome.trace().await.trace_id();
        Story::new(trace_id, self.functions())
    }
}
