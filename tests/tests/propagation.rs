//! Headers in, a trace and headers out: every vector of `propagation/vectors.json`, through a real function.
//!
//! `VECTORS=/path/to/file.json cargo test -p ddlambda-tests --test propagation -- --nocapture` takes another file of the
//! same form.

use std::collections::{BTreeMap, BTreeSet};

use ddlambda::testing::Lambda;
use ddlambda_tests::binary;
use ddlambda_tests::propagation::{failures, runs, vectors, Run};

#[tokio::test]
async fn every_vector_holds() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/propagation/vectors.json");
    let path = std::env::var("VECTORS").unwrap_or_else(|_| own.to_owned());
    let vectors = vectors(&path);
    let mut by_environment: BTreeMap<_, Vec<Run<'_>>> = BTreeMap::new();
    for run in runs(&vectors) {
        by_environment.entry(run.env.clone()).or_default().push(run);
    }
    let (mut failed, mut lines) = (BTreeSet::new(), Vec::new());
    for (environment, runs) in by_environment {
        let lambda = start(&environment).await;
        for run in runs {
            let failures = failures(&run, &run.send(&lambda).await);
            if !failures.is_empty() {
                failed.insert(run.vector.name.as_str());
            }
            lines.extend(failures);
        }
    }
    println!("{}", lines.join("\n"));
    println!(
        "{} of {} vectors hold",
        vectors.len() - failed.len(),
        vectors.len()
    );
    assert!(failed.is_empty(), "{}", lines.join("\n"));
}

async fn start(environment: &BTreeMap<String, String>) -> Lambda {
    let function = binary!("function");
    let variables = environment.iter();
    let function = variables.fold(function, |function, (name, value)| {
        function.env(name, value)
    });
    function.start().await
}
