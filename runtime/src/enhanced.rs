//! Metrics about the function itself, by the names that Datadog has for them.

use std::fmt::Write;

use lambda_runtime::Context;

use crate::config::{Config, LIBRARY_VERSION};
use crate::metric::send;

/// How an invocation that failed came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The runtime has told the Lambda service about it, and goes on.
    Told,
    /// The service ends it: the time is up, or the process is about to end.
    Cut,
}

/// An invocation: the extension counts for itself.
pub(crate) fn invocation(context: &Context, cold_start: bool) {
    if !Config::get().extension {
        count("aws.lambda.enhanced.invocations", 1.0, context, cold_start);
    }
}

/// An invocation that failed, unless the extension counts it.
pub(crate) fn error(context: &Context, cold_start: bool, end: End) {
    if is_ours(end) {
        count("aws.lambda.enhanced.errors", 1.0, context, cold_start);
    }
}

/// A start that failed: there was no invocation that could tell more.
pub(crate) fn start_error() {
    let config = Config::get();
    if config.enhanced_metrics {
        let tags = "cold_start:true".to_owned() + &library_tags(config);
        send("aws.lambda.enhanced.errors", 1.0, tags.split(','));
    }
}

/// How many records of a batch a function gave back, which none is, too.
pub(crate) fn batch_item_failures(count_of: u32, context: &Context, cold_start: bool) {
    let name = "aws.lambda.enhanced.batch_item_failures";
    count(name, count_of.into(), context, cold_start);
}

/// After how many milliseconds a response that is streamed began.
pub(crate) fn time_to_first_byte(millis: f64, context: &Context, cold_start: bool) {
    let name = "aws.lambda.enhanced.time_to_first_byte";
    count(name, millis, context, cold_start);
}

/// Whether a failure is counted here, and not by the extension.
pub(crate) fn is_ours(end: End) -> bool {
    counts(end, Config::get())
}

/// The extension counts a failure when the service tells it that an invocation did not end well, which is when it was cut
/// off; what the runtime reports itself is none to the service. Before the Lambda Web Adapter's proxy it sees that, too.
fn counts(end: End, config: &Config) -> bool {
    match end {
        End::Told => !config.lwa_proxy,
        End::Cut => !config.extension,
    }
}

fn count(name: &str, value: f64, context: &Context, cold_start: bool) {
    let config = Config::get();
    if config.enhanced_metrics {
        send(name, value, tags(context, cold_start, config).split(','));
    }
}

/// The function's tags, with commas between them.
fn tags(context: &Context, cold_start: bool, config: &Config) -> String {
    let mut arn = context.invoked_function_arn.split(':').skip(3);
    let mut part = || arn.next().unwrap_or_default();
    let (region, account, _function, name) = (part(), part(), part(), part());
    let qualifier = part().trim_start_matches('$');
    let function = &context.env_config;
    let is_version = qualifier.bytes().all(|byte| byte.is_ascii_digit());
    let executed = match is_version || qualifier == "LATEST" {
        true => ["", ""],
        false => [",executedversion:", &function.version],
    };
    let resource = match qualifier {
        "" => ["", ""],
        _ => [":", qualifier],
    };
    let mut tags = String::with_capacity(256);
    for text in ["region:", region, ",account_id:", account] {
        tags.push_str(text);
    }
    for text in [",functionname:", name, executed[0], executed[1]] {
        tags.push_str(text);
    }
    for text in [",resource:", name, resource[0], resource[1]] {
        tags.push_str(text);
    }
    let memory = function.memory;
    let _ = write!(tags, ",memorysize:{memory},cold_start:{cold_start}");
    tags + &library_tags(config)
}

fn library_tags(config: &Config) -> String {
    let runtime = &config.runtime;
    format!(",runtime:{runtime},datadog_lambda:v{LIBRARY_VERSION}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(qualifier: &str) -> Context {
        let config = lambda_runtime::Config {
            memory: 256,
            version: "7".to_owned(),
            ..lambda_runtime::Config::default()
        };
        let mut context = Context::default();
        context.invoked_function_arn =
            format!("arn:aws:lambda:us-east-1:123456789012:function:My-Func{qualifier}");
        context.env_config = config.into();
        context
    }

    #[test]
    fn the_function_is_told_by_tags() {
        let runtime = |name: &str| {
            (name == "AWS_EXECUTION_ENV").then(|| "AWS_Lambda_provided.al2023".to_owned())
        };
        let config = Config::read(runtime, false);
        let told = |qualifier| tags(&context(qualifier), true, &config);
        let (before, after) = (
            "region:us-east-1,account_id:123456789012,functionname:My-Func",
            format!("memorysize:256,cold_start:true,runtime:provided.al2023,datadog_lambda:v{LIBRARY_VERSION}"),
        );
        for (qualifier, between) in [
            ("", "resource:My-Func"),
            (":42", "resource:My-Func:42"),
            (":$LATEST", "resource:My-Func:LATEST"),
            (":Prod", "executedversion:7,resource:My-Func:Prod"),
        ] {
            assert_eq!(told(qualifier), format!("{before},{between},{after}"));
        }
        let mut odd = context("");
        odd.invoked_function_arn = "odd".to_owned();
        assert!(tags(&odd, false, &config).starts_with("region:"));
    }

    #[test]
    fn the_extension_counts_what_the_service_cuts_off() {
        let (with, without) = (Config::read(|_| None, true), Config::read(|_| None, false));
        assert!(counts(End::Told, &with) && counts(End::Told, &without));
        assert!(counts(End::Cut, &without) && !counts(End::Cut, &with));
    }
}
