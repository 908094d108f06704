//! The Rust blocks of the README and of the book, as doc tests.

macro_rules! pages {
    ($($name:ident: $path:literal)*) => {$(
        #[doc = include_str!(concat!("../../", $path))]
        mod $name {}
    )*};
}

pages! {
    readme: "README.md"
    getting_started: "docs/src/getting-started.md"
    migrating: "docs/src/migrating.md"
    configuration: "docs/src/configuration.md"
    spans: "docs/src/spans.md"
    http: "docs/src/http.md"
    lifecycle: "docs/src/lifecycle.md"
    sampling: "docs/src/sampling.md"
    logs: "docs/src/logs.md"
    metrics: "docs/src/metrics.md"
    triggers: "docs/src/triggers.md"
    context: "docs/src/context.md"
    payloads: "docs/src/payloads.md"
    http_clients: "docs/src/http-clients.md"
    libraries: "docs/src/libraries.md"
    batches: "docs/src/batches.md"
    hosts: "docs/src/hosts.md"
    testing: "docs/src/testing.md"
    how_it_works: "docs/src/how-it-works.md"
}
