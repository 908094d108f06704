use lambda_runtime::{Context, Error, LambdaEvent};

struct State {
    bonus: u64,
}

#[ddlambda::handler]
async fn first(event: LambdaEvent<u64>, state: &State) -> Result<u64, Error> {
    Ok(event.payload + state.bonus)
}

#[ddlambda::handler]
async fn last(state: &State, log: &mut Vec<u64>, event: LambdaEvent<u64>) -> Result<u64, Error> {
    log.push(event.payload);
    Ok(event.payload + state.bonus)
}

#[ddlambda::handler]
async fn between(mut count: u64, event: LambdaEvent<u64>, State { bonus }: &State) -> Result<u64, Error> {
    count += event.payload;
    Ok(count + bonus)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let state = State { bonus: 10 };
    let mut log = Vec::new();
    let event = || LambdaEvent::new(1, Context::default());
    assert_eq!(first(event(), &state).await?, 11);
    assert_eq!(last(&state, &mut log, event()).await?, 11);
    assert_eq!(between(2, event(), &state).await?, 13);
    assert_eq!(log, [1]);
    Ok(())
}
