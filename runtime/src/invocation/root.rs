//! What an invocation is of, and its first own span: `aws.lambda`, or the one that a unit of work names.

use lambda_runtime::Context;

use super::sandbox::{self, Start};
use crate::config::{Config, LIBRARY_VERSION};
use crate::span::{Clock, Span, Tags, Text};

/// What an invocation is of.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "in a box, it would cost every invocation of a function an allocation"
)]
pub(super) enum Root {
    /// The function.
    Function(Function),
    /// A unit of work of a program that is no function.
    Unit,
}

/// What is known of an invocation of the function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) context: Context,
    pub(super) start: Start,
}

impl Root {
    pub(super) fn function(&self) -> Option<&Function> {
        match self {
            Self::Function(function) => Some(function),
            Self::Unit => None,
        }
    }

    /// Completes the span by all that does not depend on who invoked, and hands out the tags that others have set.
    pub(super) fn complete(&self, span: &mut Span) -> Tags {
        match self {
            Self::Function(function) => function.complete(span, Config::get()),
            Self::Unit => std::mem::take(&mut span.tags),
        }
    }
}

/// The `aws.lambda` span of an invocation, as the function may change it.
pub(super) fn span(at: u64) -> Span {
    let mut span = Span::new("aws.lambda", 0, at);
    span.kind = "serverless".into();
    span
}

impl Function {
    fn complete(&self, span: &mut Span, config: &'static Config) -> Tags {
        let function = config.function_name.as_str();
        span.resource.get_or_insert(function.into());
        let mut tags = Tags::with_typical_capacity();
        tags.push("span.kind", "server");
        self.start.mark(&mut tags);
        let (arn, version) = split_arn(&self.context.invoked_function_arn);
        tags.push("function_arn", &arn);
        tags.push("function_version", &version);
        tags.push("request_id", &self.context.request_id);
        tags.push("resource_names", function);
        tags.push("functionname", &lower_case(function));
        tags.push("datadog_lambda", LIBRARY_VERSION);
        tags.push("dd_trace", LIBRARY_VERSION);
        std::mem::replace(&mut span.tags, tags)
    }

    /// `aws.lambda.load`, from the library's start to the invocation: the extension sends its own
    /// `aws.lambda.cold_start` span only when it sees this one.
    pub(super) fn load_span(&self, root: &Span, clock: &Clock) -> Option<Box<Span>> {
        let config = Config::get();
        let sandbox = config.initialization_type.as_deref();
        // Under SnapStart the extension would date the cold start by the snapshot; managed instances have none.
        if self.start == Start::Warm
            || !config.cold_start_tracing
            || matches!(sandbox, Some("snap-start" | "lambda-managed-instances"))
        {
            return None;
        }
        let mut span = Span::new("aws.lambda.load", root.id, clock.at(sandbox::started()));
        span.finish(clock.started());
        span.service = Some("aws.lambda".into());
        span.kind = "aws.lambda.load".into();
        span.resource = Some(config.function_name.clone().into());
        span.tags.set("operation_name", "aws.lambda.load");
        span.tags
            .set("resource_names", config.function_name.clone());
        Some(Box::new(span))
    }
}

fn lower_case(text: &'static str) -> Text {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    }
}

/// The invoked ARN in lower case without its qualifier, and the qualifier, `$LATEST` if there is none.
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
