#[ddlambda::record]
fn process(message: String) -> usize {
    drop(message);
    message.len()
}

fn main() {}
