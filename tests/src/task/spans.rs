//! Opening spans.

use std::future::Future;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::field::Empty;
use tracing::{info_span, instrument, Instrument, Span};

use super::context;
use crate::gate;

/// Which spans.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spans {
    /// `outer`, and `inner` within it, both by `#[instrument]`.
    Nested,
    /// Fields of every type.
    Fields,
    /// Fields whose names have a meaning.
    Conventions,
    /// Errors as fields and events.
    Errors,
    /// A task within the current span, awaited.
    Spawned,
    /// A task within the current span that goes on until [`Finish`](Spans::Finish).
    Outliving,
    /// Lets those go on, and waits for their end.
    Finish,
    /// An explicit parent, and none.
    Parents,
    /// A span that follows from another.
    Follows,
    /// A span that follows from another so many times.
    Linked(usize),
    /// Spans at every level.
    Levels,
    /// So many spans.
    Many(usize),
    /// So many spans with a text of so many bytes.
    Large(usize, usize),
    /// A span with so many tags of so many bytes each.
    Wide(usize, usize),
    /// So many spans that are closed by [`Drop`](Spans::Drop).
    Keep(usize),
    /// Closes those.
    Drop,
    /// A span with the field `manual.drop`.
    Lost,
    /// The tags and the resource of `aws.lambda` and of a child, by ddlambda's functions.
    Tags,
}

static FINISH: Notify = Notify::const_new();
static OUTLIVING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());
static KEPT: Mutex<Vec<Span>> = Mutex::new(Vec::new());

impl Spans {
    pub(super) async fn perform(self) -> Value {
        match self {
            Self::Nested => outer(7, "book").await,
            Self::Fields => fields(),
            Self::Conventions => conventions(),
            Self::Errors => errors(),
            Self::Spawned => spawned().await,
            Self::Outliving => outliving(),
            Self::Finish => finish().await,
            Self::Parents => parents(),
            Self::Follows => follows(),
            Self::Linked(count) => linked(count),
            Self::Levels => levels(),
            Self::Many(count) => (0..count).for_each(|_| drop(info_span!("one"))),
            Self::Large(count, size) => {
                let text = "x".repeat(size);
                (0..count).for_each(|number| drop(info_span!("large", number, text = text)));
            }
            Self::Wide(count, size) => info_span!("wide").in_scope(|| {
                let text = "x".repeat(size);
                (0..count).for_each(|number| ddlambda::set_tag(format!("tag.{number}"), &text));
            }),
            Self::Keep(count) => {
                let kept = (0..count).map(|_| info_span!("kept"));
                lock(&KEPT).extend(kept);
            }
            Self::Drop => drop(std::mem::take(&mut *lock(&KEPT))),
            Self::Lost => drop(info_span!("lost", manual.drop = true)),
            Self::Tags => tags(),
        }
        Value::Null
    }
}

#[instrument(fields(kind = "test"))]
async fn outer(order: u64, item: &str) {
    tokio::task::yield_now().await;
    inner().await;
}

#[instrument]
async fn inner() {
    tokio::task::yield_now().await;
}

fn fields() {
    let later = info_span!(
        "fields",
        text = "words",
        shown = %"shown",
        printed = ?Some(1),
        integer = -3_i64,
        unsigned = 4_u64,
        large = u64::MAX,
        float = 1.5,
        nan = f64::NAN,
        yes = true,
        http.status_code = 404,
        later = Empty,
        never = Empty,
    );
    later.record("later", "recorded");
}

fn conventions() {
    info_span!(
        "query",
        otel.name = "SELECT orders",
        otel.kind = "CLIENT",
        otel.status_code = "ERROR",
        otel.status_message = "no such table",
        service.name = "orders-db",
        span.r#type = "sql",
    );
    info_span!(
        "work",
        operation.name = "shop.work",
        resource.name = "order 7"
    );
    info_span!("fine", otel.status_code = "OK");
}

fn errors() {
    let error = io::Error::other("the disk is full");
    info_span!("by_text").in_scope(|| tracing::error!("nothing left"));
    info_span!("by_field").in_scope(|| tracing::error!(error = %error, "cannot write"));
    info_span!("by_error").in_scope(|| {
        tracing::error!(
            error = &error as &(dyn std::error::Error + 'static),
            "cannot write"
        );
    });
    info_span!("by_span_field", error = "refused", error.r#type = "Refusal");
    info_span!("only_warned").in_scope(|| tracing::warn!("careful"));
}

async fn spawned() {
    async {
        let task = async { info_span!("within_task").in_scope(|| {}) };
        let task = tokio::spawn(task.in_current_span());
        // The test sees that it ran.
        let _ = task.await;
    }
    .instrument(info_span!("spawns"))
    .await;
}

fn outliving() {
    let task = async {
        FINISH.notified().await;
        info_span!("after_the_end").in_scope(|| {});
    };
    lock(&OUTLIVING).push(tokio::spawn(task.instrument(info_span!("outliving"))));
}

async fn finish() {
    let tasks = std::mem::take(&mut *lock(&OUTLIVING));
    for task in tasks {
        FINISH.notify_one();
        let _ = task.await;
    }
}

fn parents() {
    let first = info_span!("first");
    info_span!("entered").in_scope(|| {
        info_span!(parent: &first, "of_first");
        info_span!(parent: None, "of_nobody");
    });
}

fn follows() {
    let cause = info_span!("cause");
    info_span!("effect").follows_from(&cause);
}

fn linked(count: usize) {
    let (cause, linked) = (info_span!("cause"), info_span!("linked"));
    (0..count).for_each(|_| {
        linked.follows_from(&cause);
    });
}

fn levels() {
    let _info = info_span!("at_info").entered();
    let _debug = tracing::debug_span!("at_debug").entered();
    tracing::error_span!("at_error").in_scope(|| tracing::trace_span!("at_trace").in_scope(|| {}));
}

fn tags() {
    ddlambda::set_tag("order.id", 7);
    ddlambda::set_metric("order.items", ["tea", "milk", "sugar"].len());
    ddlambda::set_metric("order.nothing", f64::NAN);
    let of_function = ddlambda::current_span();
    info_span!("child").in_scope(|| {
        ddlambda::set_tag("order.id", 8);
        ddlambda::set_resource("order 8");
        ddlambda::set_error(&io::Error::other("out of stock"));
        of_function.set_resource("order 7");
    });
}

/// Waits at a gate within `outer` and `inner`, and returns the ids that are active there.
pub(super) async fn wait_within(address: &str) -> io::Result<Value> {
    let wait = async {
        gate::wait_at(address).await?;
        tracing::info!("through the gate");
        Ok(context::active())
    };
    async { wait.instrument(info_span!("inner")).await }
        .instrument(info_span!("outer"))
        .await
}

/// Waits for `end`, which does not come, within `outer` and `inner`.
pub(super) async fn hang(end: impl Future<Output = ()>) {
    async { end.instrument(info_span!("inner")).await }
        .instrument(info_span!("outer"))
        .await;
}

/// Leaves a span `left` open that ends at a gate, which a line of the log says then.
pub(super) fn leave_at(address: String) {
    let left = info_span!("left");
    tokio::spawn(async move {
        gate::wait_at(&address).await.unwrap_or_default();
        drop(left);
        println!("left is over");
    });
}

/// Opens and closes spans, and never lets go of the thread.
pub(super) async fn without_end() {
    loop {
        info_span!("step").in_scope(|| ());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
