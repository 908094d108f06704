//! The `aws.lambda` span.

use lambda_runtime::Context;

use super::sandbox::Start;
use crate::config::{Config, LIBRARY_VERSION};
use crate::span::{Span, Tags, Text};

/// The `aws.lambda` span of an invocation, as the function may change it.
pub(crate) fn span(at: u64) -> Span {
    let mut span = Span::new("aws.lambda", 0, at);
    span.kind = "serverless".into();
    span
}

/// Completes the span by all that does not depend on who invoked, and hands out the tags that the function has set.
pub(crate) fn complete(
    span: &mut Span,
    context: &Context,
    config: &'static Config,
    start: Start,
) -> Tags {
    let function = config.function_name.as_str();
    span.resource.get_or_insert(function.into());
    let mut tags = Tags::with_typical_capacity();
    tags.push("span.kind", "server");
    start.mark(&mut tags);
    let (arn, version) = split_arn(&context.invoked_function_arn);
    tags.push("function_arn", &arn);
    tags.push("function_version", &version);
    tags.push("request_id", &context.request_id);
    tags.push("resource_names", function);
    tags.push("functionname", &lower_case(function));
    tags.push("datadog_lambda", LIBRARY_VERSION);
    tags.push("dd_trace", LIBRARY_VERSION);
    std::mem::replace(&mut span.tags, tags)
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
