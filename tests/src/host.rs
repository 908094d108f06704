//! A running program that is no function.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use ddlambda::testing::Agent;
use serde_json::{json, Value};

/// The program `host` of this crate; [`host!`](crate::host!) starts it. It is killed when it is dropped.
#[derive(Debug)]
pub struct Host {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    logs: Vec<String>,
}

impl Host {
    /// Starts the program at `path` with nothing but these variables; `agent` is what `DD_TRACE_AGENT_URL` names.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(path: &str, agent: Option<&Agent>, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(path);
        command
            .env_clear()
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .envs(agent.map(|agent| ("DD_TRACE_AGENT_URL", agent.url())))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let output = child.stdout.take().expect("its output");
        Self {
            child,
            output: BufReader::new(output).lines(),
            logs: Vec::new(),
        }
    }

    /// Does units of work, all at once, and returns their results when their spans have been sent.
    pub fn run(&mut self, units: Value) -> Vec<Value> {
        self.give(&json!({ "units": units, "flush": true }));
        self.results()
    }

    /// The same without waiting for the spans.
    pub fn run_on(&mut self, units: Value) -> Vec<Value> {
        self.give(&json!({ "units": units }));
        self.results()
    }

    /// Gives the program a line.
    ///
    /// # Panics
    /// If it is gone.
    pub fn give(&mut self, line: &Value) {
        let mut input = self.child.stdin.as_ref().expect("its input");
        writeln!(input, "{line}").expect("a program that reads");
    }

    /// The results of the next line.
    ///
    /// # Panics
    /// If the program ends before.
    pub fn results(&mut self) -> Vec<Value> {
        for line in self.output.by_ref() {
            let line = line.expect("text");
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            match &value["results"] {
                Value::Array(results) => return results.clone(),
                _ => self.logs.push(line),
            }
        }
        panic!("the program has ended: {:?}", self.logs);
    }

    /// The lines of its log, each an object, before its last results.
    pub fn lines(&self) -> Vec<Value> {
        let line = |line: &String| serde_json::from_str(line).ok();
        self.logs.iter().filter_map(line).collect()
    }

    /// Waits for its end, and returns all lines of its log.
    ///
    /// # Panics
    /// If it does not end well.
    pub fn end(mut self) -> Vec<Value> {
        drop(self.child.stdin.take());
        let rest = self.output.by_ref().map_while(Result::ok);
        self.logs.extend(rest);
        assert!(self.child.wait().is_ok_and(|status| status.success()));
        self.lines()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It fails if the program has ended, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program `host` of this crate, started: `host!(Some(&agent), [("DD_ENV", "test")])`.
#[macro_export]
macro_rules! host {
    ($agent:expr, $variables:expr) => {
        $crate::host::Host::start(env!("CARGO_BIN_EXE_host"), $agent, &$variables)
    };
}
