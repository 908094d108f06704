use lambda_runtime::{Context, Error, LambdaEvent};

macro_rules! from_parts {
    ($name:ident, $event:ident: $ty:ty => $response:ty, $body:block) => {
        #[ddlambda::handler]
        async fn $name($event: $ty) -> $response $body
    };
}

from_parts!(from_parts_handler, event: LambdaEvent<u64> => Result<u64, Error>, {
    let doubled = event.payload * 2;
    Ok(doubled)
});

macro_rules! whole {
    ($name:ident, $bonus:expr, $extractor:expr, $service:literal) => {
        #[ddlambda::handler(extractor = $extractor, service = $service)]
        async fn $name(event: LambdaEvent<u64>) -> Result<u64, Error> {
            let event = event.payload;
            Ok(event + $bonus)
        }
    };
}

fn context(payload: &u64) -> (u64, u64, i32) {
    (*payload, 1, 1)
}

whole!(whole_handler, 1, context, "orders");

macro_rules! item {
    ($item:item) => {
        #[ddlambda::handler]
        $item
    };
}

item! {
    async fn item_handler(event: LambdaEvent<u64>) -> Result<u64, Error> {
        Ok(event.payload)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let event = || LambdaEvent::new(3, Context::default());
    assert_eq!(from_parts_handler(event()).await?, 6);
    assert_eq!(whole_handler(event()).await?, 4);
    assert_eq!(item_handler(event()).await?, 3);
    Ok(())
}
