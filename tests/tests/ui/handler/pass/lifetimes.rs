use lambda_runtime::{Context, Error, LambdaEvent};
use std::borrow::Cow;

struct Table<'t>(&'t [&'t str]);

#[ddlambda::handler]
async fn explicit<'a, 'b: 'a>(table: &'a Table<'b>, event: LambdaEvent<usize>) -> Result<Cow<'a, str>, Error> {
    table.0.get(event.payload).map(|name| Cow::Borrowed(*name)).ok_or_else(|| "none".into())
}

#[ddlambda::handler]
async fn elided(names: &[String], event: LambdaEvent<usize>) -> Result<&str, Error> {
    Ok(&names[event.payload])
}

#[ddlambda::handler]
async fn anonymous(table: Table<'_>, event: LambdaEvent<Cow<'static, str>>) -> Result<usize, Error> {
    Ok(table.0.len() + event.payload.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(0, Context::default());
    let names = ["a".to_owned()];
    assert_eq!(explicit(&Table(&["a"]), event()).await?, "a");
    assert_eq!(elided(&names, event()).await?, "a");
    assert_eq!(anonymous(Table(&["a"]), LambdaEvent::new("b".into(), Context::default())).await?, 2);
    Ok(())
}
