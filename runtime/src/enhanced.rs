//! Enhanced metrics: metrics about the function itself, under Datadog's names.

use std::borrow::Cow;

use lambda_runtime::Context;

use crate::config::{Config, LIBRARY_VERSION};
use crate::metric::send;

/// How a failed invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The runtime reported the error to the Lambda service and continues.
    Told,
    /// The service ends the invocation: time is up, or the process is about to exit.
    Cut,
}

/// Counts an invocation, unless the extension does.
pub(crate) fn invocation(context: &Context, cold_start: bool) {
    if !Config::get().extension {
        count("aws.lambda.enhanced.invocations", 1.0, context, cold_start);
    }
}

/// Counts a failed invocation, unless the extension does.
pub(crate) fn error(context: &Context, cold_start: bool, end: End) {
    if is_ours(end) {
        count("aws.lambda.enhanced.errors", 1.0, context, cold_start);
    }
}

/// Counts a failed start, for which there is no invocation.
pub(crate) fn start_error() {
    let config = Config::get();
    if config.enhanced_metrics {
        let [runtime, library] = library_tags(config);
        let mut tags = [["cold_start:", "true"], runtime, library].into_iter();
        send("aws.lambda.enhanced.errors", 1.0, &mut || tags.next());
    }
}

/// Reports how many records of a batch failed, even if none did.
pub(crate) fn batch_item_failures(count_of: u32, context: &Context, cold_start: bool) {
    let name = "aws.lambda.enhanced.batch_item_failures";
    count(name, count_of.into(), context, cold_start);
}

/// Reports after how many milliseconds a streamed response began.
pub(crate) fn time_to_first_byte(millis: f64, context: &Context, cold_start: bool) {
    let name = "aws.lambda.enhanced.time_to_first_byte";
    count(name, millis, context, cold_start);
}

/// Whether a failure is counted here rather than by the extension.
pub(crate) fn is_ours(end: End) -> bool {
    counts(end, Config::get())
}

/// The extension counts a failure if the Lambda service reports to it that an invocation did not complete. An error that the
/// runtime reports is a completed invocation to the service. As the Lambda Web Adapter's proxy, the extension sees those
/// errors, too.
fn counts(end: End, config: &Config) -> bool {
    match end {
        End::Told => !config.lwa_proxy,
        End::Cut => !config.extension,
    }
}

fn count(name: &str, value: f64, context: &Context, cold_start: bool) {
    let config = Config::get();
    if config.enhanced_metrics {
        let (resource, memory) = (resource(context), context.env_config.memory.to_string());
        let mut tags = tags(context, cold_start, config, &resource, &memory).into_iter();
        send(name, value, &mut || tags.next());
    }
}

/// The region, account, name and qualifier of the function.
fn parts(context: &Context) -> [&str; 4] {
    let mut arn = context.invoked_function_arn.split(':').skip(3);
    let mut part = || arn.next().unwrap_or_default();
    let (region, account, _function, name) = (part(), part(), part(), part());
    [region, account, name, part().trim_start_matches('$')]
}

/// The function's name, followed by the qualifier, if there is one.
fn resource(context: &Context) -> Cow<'_, str> {
    match parts(context) {
        [.., name, ""] => name.into(),
        [.., name, qualifier] => [name, ":", qualifier].concat().into(),
    }
}

fn tags<'a>(
    context: &'a Context,
    cold_start: bool,
    config: &'a Config,
    resource: &'a str,
    memory: &'a str,
) -> [[&'a str; 2]; 9] {
    let [region, account, name, qualifier] = parts(context);
    let is_version = qualifier.bytes().all(|byte| byte.is_ascii_digit());
    let executed = match is_version || qualifier == "LATEST" {
        true => ["", ""],
        false => ["executedversion:", &context.env_config.version],
    };
    let [runtime, library] = library_tags(config);
    [
        ["region:", region],
        ["account_id:", account],
        ["functionname:", name],
        executed,
        ["resource:", resource],
        ["memorysize:", memory],
        ["cold_start:", if cold_start { "true" } else { "false" }],
        runtime,
        library,
    ]
}

fn library_tags(config: &Config) -> [[&str; 2]; 2] {
    [
        ["runtime:", &config.runtime],
        ["datadog_lambda:v", LIBRARY_VERSION],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(qualifier: &str) -> Context {
        let config = lambda_runtime::Config {
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
        let told = |qualifier| {
            let context = context(qualifier);
            let resource = resource(&context);
            let tags = tags(&context, true, &config, &resource, "256");
            let tags = tags.map(|tag| tag.concat());
            tags.into_iter()
                .filter(|tag| !tag.is_empty())
                .collect::<Vec<_>>()
                .join(",")
        };
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
        assert_eq!(tags(&odd, false, &config, "", "")[0], ["region:", ""]);
    }

    #[test]
    fn the_extension_counts_what_the_service_cuts_off() {
        let (with, without) = (Config::read(|_| None, true), Config::read(|_| None, false));
        assert!(counts(End::Told, &with) && counts(End::Told, &without));
        assert!(counts(End::Cut, &without) && !counts(End::Cut, &with));
    }
}
