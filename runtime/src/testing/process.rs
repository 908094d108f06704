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

/// A function to be started from its binary; [`Lambda::binary`] makes one.
///
/// The process gets no variable of the test's own environment but `PATH`, and those that the Lambda service sets.
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

    /// Adds an environment variable, or replaces one that the Lambda service sets.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds arguments for the program. Default none, as on Lambda.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// The function's name. Default `test-function`.
    pub fn function_name(mut self, name: impl Into<String>) -> Self {
        self.function_name = name.into();
        self
    }

    /// The function's memory in megabytes, as the environment tells it; nothing limits the process. Default 128.
    pub fn memory(mut self, megabytes: u32) -> Self {
        self.memory = megabytes;
        self
    }

    /// Whether there is an agent, one for this function, named by `DD_TRACE_AGENT_URL` and `DD_DOGSTATSD_URL`. Without
    /// one, traces are taken from the log, where metrics are, too. Default `true`.
    pub fn agent(mut self, agent: bool) -> Self {
        self.agent = agent;
        self
    }

    /// Whether the process stands still from the moment when it asks for an event until there is one, as it does on Lambda.
    /// Meant for functions with one invocation at a time. Default `false`.
    pub fn freezes(mut self, freezes: bool) -> Self {
        self.freezes = freezes;
        self
    }

    /// Lets the AWS SDKs of the function talk to `aws`, by the variable `AWS_ENDPOINT_URL`.
    pub fn aws(mut self, aws: &Aws) -> Self {
        self.aws = Some(aws.endpoint());
        self
    }

    /// Starts the process and returns when it asks for its first event, or when it has ended. With
    /// `AWS_LAMBDA_INITIALIZATION_TYPE` set to `snap-start`, it returns when the process waits for its snapshot, from which
    /// it is restored when there is an event.
    ///
    /// # Panics
    /// If the program cannot be started.
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
            // The lock is held for a poll only, so that the process can be killed meanwhile.
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
        // It fails if the process has ended, which is as well.
        let _ = child.start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
