//! Unified service tagging: service, environment, version, and the tags of all spans.

use super::reader::{decoded, Reader};
use crate::span::Tags;

/// The values, wherever they are set: dedicated variables come before `DD_TAGS`, and Datadog's before OpenTelemetry's.
pub(super) struct Unified {
    pub(super) service: Option<String>,
    pub(super) env: Option<String>,
    pub(super) version: Option<String>,
    pub(super) tags: Tags,
}

/// Names and values.
type Pairs = Vec<(String, String)>;

impl Unified {
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        let mut tags = reader.pairs("DD_TAGS");
        let mut attributes = resource_attributes(reader);
        let service = take(&mut tags, "service");
        let env = take(&mut tags, "env");
        let version = take(&mut tags, "version");
        // All are taken out, so that none remains as a tag.
        let known = [
            "service.name",
            "deployment.environment.name",
            "deployment.environment",
            "service.version",
        ];
        let [named, environment, older_environment, versioned] =
            known.map(|name| take(&mut attributes, name));
        let service = reader.text("DD_SERVICE").or(service);
        let env = reader.text("DD_ENV").or(env);
        let env = env.or(environment).or(older_environment);
        // The settings cannot override what this library sets itself.
        let is_free = |name: &str| {
            !matches!(name, "language" | "runtime-id")
                && !name.starts_with("_dd.")
                && !name.starts_with("telemetry.sdk.")
        };
        let mut all = Tags::new();
        for (name, value) in attributes.iter().chain(&tags) {
            if is_free(name) {
                all.set(name, value);
            }
        }
        if let Some(env) = &env {
            all.set("env", env);
        }
        all.set("language", "rust");
        Self {
            service: service
                .or_else(|| reader.text("OTEL_SERVICE_NAME"))
                .or(named),
            env,
            version: reader.text("DD_VERSION").or(version).or(versioned),
            tags: all,
        }
    }
}

/// Takes the value of a name out of the pairs; a blank value counts as unset.
fn take(pairs: &mut Pairs, name: &str) -> Option<String> {
    let at = pairs.iter().position(|(known, _)| known == name)?;
    Some(pairs.remove(at).1).filter(|value| !value.is_empty())
}

/// `OTEL_RESOURCE_ATTRIBUTES`: `name=value` pairs, separated by commas and percent-encoded. One malformed pair invalidates
/// all, as OpenTelemetry specifies (<https://opentelemetry.io/docs/specs/otel/resource/sdk/>).
fn resource_attributes<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Pairs {
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let text = |part: &str| String::from_utf8(decoded(part.trim())).ok();
    let pair = |part: &String| {
        let (name, value) = part.split_once('=')?;
        let name = text(name).filter(|name| !name.is_empty())?;
        Some((name, text(value)?))
    };
    let parts = reader.list(NAME).unwrap_or_default();
    let pairs: Option<Pairs> = parts.iter().map(pair).collect();
    pairs.unwrap_or_else(|| {
        reader.problem(NAME, &parts.join(","), "a list of `name=value`", None);
        Vec::new()
    })
}
