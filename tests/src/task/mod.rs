//! What a function does: its event says it, under `do`.

mod context;
mod logs;
mod outcomes;
mod process;
mod propagate;
mod spans;

pub use outcomes::{Declined, Response};

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::Value;

use crate::gate;

/// One thing to do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Respond with `null`.
    #[default]
    Nothing,
    /// Respond with this value.
    Respond(Value),
    /// Respond with a struct that has this status code.
    RespondTyped(u16),
    /// Respond with a struct that gives so many records of a batch back.
    RespondFailures(usize),
    /// Respond with this JSON, as it is written.
    RespondRaw(Box<RawValue>),
    /// Respond with a list of so many numbers, which serialises once.
    RespondOnce(u32),
    /// Respond with a struct that gives so many records of a batch back, in a list that serialises once.
    RespondFailuresOnce(u32),
    /// Respond with a map whose keys are no strings.
    RespondUnserialisable,
    /// Respond with a struct within which something panics with this text when it is serialised.
    RespondPanicking(String),
    /// Fail with this text.
    Fail(String),
    /// Fail with a [`Declined`] of this code.
    Decline(u8),
    /// Panic with this text, as a literal would.
    Panic(String),
    /// Panic with this text, as formatting would.
    PanicFormatted(String),
    /// Panic with this text when the handler's work is done, in the [`Drop`] of what it held.
    PanicInDrop(String),
    /// End the process as a crash does.
    Abort,
    /// End the process with this code.
    Exit(i32),
    /// Wait at a [`Gate`](crate::gate::Gate).
    WaitAt(String),
    /// Fail after waiting there.
    FailAt(String),
    /// End the process after waiting there.
    ExitAt(String),
    /// Wait at one within two nested spans, and respond with the ids that are active.
    WaitWithin(String),
    /// Leave a span open that ends at one.
    LeaveAt(String),
    /// Never return, within two open spans.
    Hang,
    /// The same, while blocking the thread.
    Block,
    /// The same, while opening and closing spans without an end.
    Loop,
    /// Open spans as told.
    Spans(spans::Spans),
    /// Write log lines as told.
    Logs(logs::Logs),
    /// Set tags of `aws.lambda`.
    Tags(BTreeMap<String, String>),
    /// The same, and then fail.
    FailTagged(BTreeMap<String, String>),
    /// Respond with the trace headers as told.
    Context(context::Context),
    /// Respond with what a child span tells others.
    Propagate(propagate::Propagate),
    /// Send values of metrics: name, value, tags.
    Metrics(Vec<(String, f64, Vec<String>)>),
    /// Do something in a unit of work of its own, `beside`.
    Beside(Box<Task>),
    /// Respond with the resident memory in KiB.
    Memory,
    /// Respond with the number of sockets that others can reach.
    Listening,
}

impl Task {
    /// What `event` says, else nothing.
    pub fn of(event: &Value) -> Self {
        // From text, which is where JSON can be kept as it is written.
        let task = event.get("do").map(Value::to_string);
        task.and_then(|task| serde_json::from_str(&task).ok())
            .unwrap_or_default()
    }

    /// Does it.
    ///
    /// # Errors
    /// If that is the task.
    ///
    /// # Panics
    /// If that is the task.
    pub async fn perform(self) -> Result<Response, Error> {
        match self {
            Self::Nothing => {}
            Self::Respond(value) => return Ok(Response::Value(value)),
            Self::RespondTyped(status_code) => return Ok(Response::typed(status_code)),
            Self::RespondFailures(count) => return Ok(Response::failures(count)),
            Self::RespondRaw(json) => return Ok(Response::Raw(json)),
            Self::RespondOnce(count) => return Ok(Response::once(count)),
            Self::RespondFailuresOnce(count) => return Ok(Response::failures_once(count)),
            Self::RespondUnserialisable => return Ok(Response::unserialisable()),
            Self::RespondPanicking(message) => return Ok(Response::panicking(message)),
            Self::Fail(message) => return Err(message.into()),
            Self::Decline(code) => return Err(Declined { code }.into()),
            Self::Panic(message) => std::panic::panic_any(&*message.leak()),
            Self::PanicFormatted(message) => panic!("{message}"),
            Self::PanicInDrop(message) => drop(outcomes::PanicsInDrop(message)),
            Self::Abort => std::process::abort(),
            Self::Exit(code) => std::process::exit(code),
            Self::WaitAt(address) => gate::wait_at(&address).await?,
            Self::ExitAt(address) => {
                gate::wait_at(&address).await?;
                std::process::exit(3);
            }
            Self::FailAt(address) => {
                gate::wait_at(&address).await?;
                return Err("too late".into());
            }
            Self::LeaveAt(address) => spans::leave_at(address),
            Self::WaitWithin(address) => return Ok(spans::wait_within(&address).await?.into()),
            Self::Hang => spans::hang(std::future::pending()).await,
            Self::Block => spans::hang(async { block() }).await,
            Self::Loop => spans::hang(spans::without_end()).await,
            Self::Spans(spans) => return Ok(spans.perform().await.into()),
            Self::Logs(logs) => logs.perform(),
            Self::Tags(tags) => context::set_tags(tags),
            Self::FailTagged(tags) => {
                context::set_tags(tags);
                return Err("no stock".into());
            }
            Self::Context(context) => return Ok(context.perform().await.into()),
            Self::Propagate(propagate) => return Ok(propagate.perform().await.into()),
            Self::Metrics(values) => {
                for (name, value, tags) in values {
                    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                    ddlambda::metric(&name, value, &tags);
                }
            }
            Self::Beside(task) => return beside(*task).await,
            Self::Listening => return Ok(Response::Value(process::listening().into())),
            Self::Memory => return Ok(Response::Value(process::resident().into())),
        }
        Ok(Response::Value(Value::Null))
    }
}

/// Apart, so that the task's future holds no other of its own type.
fn beside(task: Task) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>> {
    Box::pin(ddlambda::host::unit("beside").run(task.perform()))
}

fn block() {
    loop {
        std::thread::park();
    }
}
