mod orders {
    pub(super) mod json {
        #[ddlambda::extractor]
        pub fn context(number: &u64) -> (u64, u64, i32) {
            (*number, 1, 1)
        }
    }

    #[ddlambda::extractor]
    pub fn r#loop(number: &u64) -> (u64, u64, i32) {
        (*number, 1, 1)
    }
}

/// One function can be both: registered, and named by a handler.
#[ddlambda::handler(extractor = orders::json::context)]
async fn handler(event: lambda_runtime::LambdaEvent<u64>) -> Result<u64, lambda_runtime::Error> {
    Ok(event.payload)
}

fn main() {
    assert_eq!(orders::r#loop(&1), (1, 1, 1));
    let _handler = handler;
}
