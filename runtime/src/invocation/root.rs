//! What kind of invocation this is, and its own first span: `aws.lambda`, or the one that a unit of work names.

use std::sync::Arc;

use lambda_runtime::Context;

use super::sandbox::Start;
use super::Invocation;
use crate::config::{Config, LIBRARY_VERSION};
use crate::span::{Span, Tags, Text};

/// The kind of an invocation.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "in a box, it would cost every invocation of a function an allocation"
)]
pub(super) enum Root {
    /// Of the Lambda function.
    Function(Function),
    /// What comes before the first invocation.
    Startup,
    /// A unit of work in a program that is not a Lambda function.
    Unit,
}

/// What is known of an invocation of the function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) context: Context,
    pub(super) start: Start,
    /// The startup before it, if this is the first invocation and startup is traced.
    pub(super) startup: Option<Arc<Invocation>>,
}

impl Root {
    pub(super) fn function(&self) -> Option<&Function> {
        match self {
            Self::Function(function) => Some(function),
            Self::Startup | Self::Unit => None,
        }
    }

    /// The startup before the first invocation and its kind, if this is the first.
    pub(super) fn startup(&self) -> Option<(&Invocation, Start)> {
        let function = self.function()?;
        Some((function.startup.as_ref()?, function.start))
    }

    /// Adds to the span all that does not depend on the trigger, and returns the tags that user code has set.
    pub(super) fn complete(&self, span: &mut Span) -> Tags {
        match self {
            Self::Function(function) => function.complete(span, Config::get()),
            Self::Startup | Self::Unit => span.tags.take(),
        }
    }
}

/// The `aws.lambda` span of an invocation, for the function to change.
pub(super) fn span(at: u64) -> Box<Span> {
    let mut span = Span::new("aws.lambda", 0, at);
    span.kind = "serverless".into();
    span
}

impl Function {
    fn complete(&self, span: &mut Span, config: &'static Config) -> Tags {
        let function = config.function_name.as_str();
        span.resource.get_or_insert(function.into());
        let own = span.tags.take();
        let tags = &mut span.tags;
        tags.expect_typical();
        tags.push("span.kind", "server");
        self.start.mark(tags);
        let (arn, version) = split_arn(&self.context.invoked_function_arn);
        tags.push("function_arn", &arn);
        tags.push("function_version", &version);
        tags.push("request_id", &self.context.request_id);
        tags.push("resource_names", function);
        tags.push("functionname", &lower_case(function));
        tags.push("datadog_lambda", LIBRARY_VERSION);
        tags.push("dd_trace", LIBRARY_VERSION);
        own
    }
}

fn lower_case(text: &'static str) -> Text {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    }
}

/// The invoked ARN in lower case without its qualifier, and the qualifier, or `$LATEST` if there is none.
fn split_arn(arn: &str) -> (String, Text) {
    let mut arn = arn.to_ascii_lowercase();
    let mut colons = arn.bytes().enumerate().filter(|(_, byte)| *byte == b':');
    let Some(end) = colons.nth(6).map(|(at, _)| at) else {
        return (arn, "$LATEST".into());
    };
    let qualifier = arn[end + 1..].split(':').next().unwrap_or_default();
    let version = if qualifier.is_empty() || qualifier == "$latest" {
        "$LATEST".into()
    } else {
        qualifier.to_owned().into()
    };
    arn.truncate(end);
    (arn, version)
}

#[cfg(test)]
mod tests {
    use super::split_arn;

    #[test]
    fn the_qualifier_leaves_the_arn() {
        let plain = "arn:aws:lambda:us-east-1:123456789012:function:my-func";
        for (arn, version) in [
            (
                "arn:aws:lambda:us-east-1:123456789012:function:My-Func",
                "$LATEST",
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:My-Func:42",
                "42",
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:My-Func:Prod",
                "prod",
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:My-Func:$LATEST",
                "$LATEST",
            ),
        ] {
            assert_eq!(split_arn(arn), (plain.to_owned(), version.into()));
        }
        assert_eq!(split_arn("odd"), ("odd".to_owned(), "$LATEST".into()));
    }
}
