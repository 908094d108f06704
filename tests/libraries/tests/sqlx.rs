use std::str::FromStr;
use std::time::Duration;

use ddlambda::testing::Lambda;
use ddlambda_libraries_tests::record;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tracing::{Instrument, Level};

const CREATE: &str = "CREATE TABLE articles (id, price)";
const INSERT: &str = "INSERT INTO articles (id, price) VALUES (1, 420), (2, 7)";
const SELECT: &str = "SELECT price FROM articles WHERE price > ?";

#[ddlambda::handler]
async fn handler(_: LambdaEvent<Value>) -> Result<(), Error> {
    let options = SqliteConnectOptions::from_str("sqlite::memory:")?
        .log_statements(log::LevelFilter::Info)
        .log_slow_statements(log::LevelFilter::Warn, Duration::from_secs(60));
    let mut database = SqliteConnection::connect_with(&options).await?;
    // SQLite runs on a thread of its own, which knows the span of whoever asks, and no invocation.
    let within = async {
        database.execute(CREATE).await?;
        database.execute(INSERT).await?;
        sqlx::query(SELECT).bind(1).fetch_all(&mut database).await
    };
    within.instrument(tracing::info_span!("prices")).await?;
    Ok(())
}

#[tokio::test]
async fn queries_are_spans() {
    record(Level::INFO);
    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let outcome = lambda.invoke(json!({})).await;
    outcome.response();
    let trace = outcome.trace().await;
    let of = |resource: &str| {
        let mut spans = trace.spans().iter();
        let found = spans.find(|span| span.resource == resource);
        found.unwrap_or_else(|| panic!("no {resource}:\n{trace}"))
    };
    for query in [CREATE, INSERT, SELECT] {
        let span = of(query);
        trace.assert_parent(span, trace.span("prices"));
        assert_eq!((&*span.name, &*span.kind), ("sqlx.query", "sql"));
        assert_eq!(span.tag("component"), Some("sqlx"));
        assert_eq!(span.tag("span.kind"), Some("client"));
    }
    assert_eq!(of(INSERT).metric("db.rows_affected"), Some(2.0));
    assert_eq!(of(SELECT).metric("db.row_count"), Some(2.0));
}
