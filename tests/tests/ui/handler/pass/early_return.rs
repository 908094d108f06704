use lambda_runtime::{Context, Error, LambdaEvent};

#[ddlambda::handler]
async fn handler(event: LambdaEvent<String>) -> Result<Option<i64>, Error> {
    if event.payload.is_empty() {
        return Ok(None);
    }
    let number = 'parse: {
        if event.payload == "one" {
            break 'parse 1;
        }
        event.payload.parse::<i64>()?
    };
    if number < 0 {
        return Err("negative".into());
    }
    Ok(Some(number))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let call = |text: &str| handler(LambdaEvent::new(text.to_owned(), Context::default()));
    assert_eq!(call("").await?, None);
    assert_eq!(call("one").await?, Some(1));
    assert_eq!(call("7").await?, Some(7));
    assert!(call("x").await.is_err());
    assert_eq!(call("-7").await.unwrap_err().to_string(), "negative");
    Ok(())
}
