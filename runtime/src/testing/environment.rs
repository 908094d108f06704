//! The environment variables of a function.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::agent::Agent;

/// The AWS account that is used throughout.
pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "us-east-1";

/// The variables that the Lambda service sets, except for the address of the Runtime API.
pub(super) fn of_function(name: &str, memory: u32) -> Vec<(&'static str, String)> {
    let fixed = [
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "2024/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
        ),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        // Required for signatures, which are not checked.
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "test"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", "bootstrap"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
    ];
    let mut variables: Vec<_> = fixed.map(|(name, value)| (name, value.to_owned())).into();
    variables.push(("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()));
    variables.push(("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory.to_string()));
    variables.push(("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")));
    variables
}

/// What all functions within this process share, because a process has one environment, which is read once.
pub(super) struct Shared {
    pub(super) agent: Agent,
    pub(super) function_name: String,
}

/// On the first call, sets the variables of this process. Those of the Lambda service that are already set are kept.
pub(super) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let function_name = std::env::var("AWS_LAMBDA_FUNCTION_NAME")
            .unwrap_or_else(|_| "test-function".to_owned());
        let log_format = ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned());
        for (name, value) in of_function(&function_name, 128)
            .into_iter()
            .chain([log_format])
        {
            let is_lambda = name.starts_with("AWS_LAMBDA_") || name.ends_with("_REGION");
            if is_lambda && std::env::var_os(name).is_none() {
                std::env::set_var(name, value);
            }
        }
        let agent = Agent::start();
        std::env::set_var("DD_TRACE_AGENT_URL", agent.url());
        std::env::set_var("DD_DOGSTATSD_URL", agent.metrics_url());
        Shared {
            agent,
            function_name,
        }
    })
}

/// Sets `AWS_LAMBDA_RUNTIME_API` to `api` and locks it while the guard lives. A runtime reads it when it is created.
pub(super) fn with_runtime_api(api: SocketAddr) -> MutexGuard<'static, ()> {
    static ENVIRONMENT: Mutex<()> = Mutex::new(());
    let guard = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    std::env::set_var("AWS_LAMBDA_RUNTIME_API", api.to_string());
    guard
}
