//! A function in a process of its own.

use std::ffi::{OsStr, OsString};
use std::future::{poll_fn, Future};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::process::{Child, Command};

use super::agent::Agent;
use super::aws::Aws;
use super::environment;
use super::journal::Event;
use super::lambda::{Function, Lambda};
use super::output::Output;
use super::runtime_api;
use super::sandbox::Sandbox;
use super::server::background;

/// A function to be started from its binary, created by [`Lambda::binary`].
///
/// Of the test's environment, the process gets only `PATH`. The variables of the Lambda service are set.
#[derive(Clone, Debug)]
pub struct Binary {
    path: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    function_name: String,
    memory: u32,
    agent: bool,
    freezes: bool,
    aws: Option<String>,
}

impl Binary {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            function_name: "test-function".to_owned(),
            memory: 128,
            agent: true,
            freezes: false,
            aws: None,
        }
    }

    /// Sets an environment variable, replacing one that the Lambda service sets.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds arguments for the program. There are none by default, as on Lambda.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Sets the function's name. Defaults to `test-function`.
    pub fn function_name(mut self, name: impl Into<String>) -> Self {
        self.function_name = name.into();
        self
    }

    /// Sets the function's memory in megabytes. Defaults to 128.
    ///
    /// It only appears in the environment; the process is not limited.
    pub fn memory(mut self, megabytes: u32) -> Self {
        self.memory = megabytes;
        self
    }

    /// Sets whether the function has an agent of its own, in `DD_TRACE_AGENT_URL` and `DD_DOGSTATSD_URL`. Defaults to
    /// `true`.
    ///
    /// Without an agent, traces are read from the log, where metrics are as well.
    pub fn agent(mut self, agent: bool) -> Self {
        self.agent = agent;
        self
    }

    /// Sets whether the process is frozen between invocations, as on Lambda. Defaults to `false`.
    ///
    /// It is frozen from when it requests an event until there is one. Use this for functions with one invocation at a
    /// time.
    pub fn freezes(mut self, freezes: bool) -> Self {
        self.freezes = freezes;
        self
    }

    /// Sets `AWS_ENDPOINT_URL`, so that the AWS SDKs of the function call `aws`.
    pub fn aws(mut self, aws: &Aws) -> Self {
        self.aws = Some(aws.endpoint());
        self
    }

    /// Starts the process, and returns when it requests its first event, when it has ended, or after 20 seconds.
    ///
    /// If `AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`, it returns when the process waits for its snapshot, from
    /// which it is restored when there is an event.
    ///
    /// # Panics
    ///
    /// Panics if the program cannot be started.
    pub async fn start(self) -> Lambda {
        let sandbox = Sandbox::new(self.function_name.clone(), false);
        let agent = self.agent.then(Agent::start);
        if let Some(agent) = &agent {
            agent.report_to(&sandbox);
        }
        let api = runtime_api::serve(sandbox.clone());
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment::of_function(&self.function_name, self.memory))
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .envs(agent.iter().flat_map(|agent| {
                [
                    ("DD_TRACE_AGENT_URL", agent.url()),
                    ("DD_DOGSTATSD_URL", agent.metrics_url()),
                ]
            }))
            .envs(
                self.aws
                    .as_ref()
                    .map(|endpoint| ("AWS_ENDPOINT_URL", endpoint)),
            )
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let process = match Process::start(command, sandbox.clone(), self.freezes) {
            Ok(process) => process,
            Err(error) => panic!("cannot start `{}`: {error}", self.path.display()),
        };
        Lambda::started(sandbox, Function::Process(process), api, agent).await
    }
}

/// A running process; killed when dropped.
pub(super) struct Process {
    child: Arc<Mutex<Child>>,
}

impl Process {
    fn start(mut command: Command, sandbox: Arc<Sandbox>, freezes: bool) -> std::io::Result<Self> {
        let _context = background().enter();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(process) = child.id().filter(|_| freezes) {
            sandbox.freeze_between_invocations(process);
        }
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            let output = Arc::new(Output::new(
                stdout.into_owned_fd()?,
                stderr.into_owned_fd()?,
            )?);
            let lines = output.clone();
            sandbox.attach(move |each| lines.read_lines(each));
            for pipe in [0, 1] {
                let (output, sandbox) = (output.clone(), sandbox.clone());
                tokio::spawn(
                    async move { output.pipes[pipe].follow(|| sandbox.read_output()).await },
                );
            }
        }
        let child = Arc::new(Mutex::new(child));
        let waited = child.clone();
        tokio::spawn(async move {
            // Locked only during a poll, so that the process can be killed in between.
            let status = poll_fn(|cx| {
                let mut child = waited.lock().unwrap_or_else(PoisonError::into_inner);
                let exit = pin!(child.wait());
                exit.poll(cx)
            });
            let code = status.await.ok().and_then(|status| status.code());
            sandbox.record(Event::ProcessExited { code });
        });
        Ok(Self { child })
    }

    /// Sends SIGTERM.
    pub(super) fn terminate(&self) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = child.id() {
            let kill = format!("kill -TERM {id}");
            let _ = std::process::Command::new("sh")
                .args(["-c", &kill])
                .status();
        }
    }

    pub(super) fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // This fails if the process has already ended, which is fine.
        let _ = child.start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
