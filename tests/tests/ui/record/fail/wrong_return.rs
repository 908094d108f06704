#[ddlambda::record]
fn process(message: u64) -> Result<u64, String> {
    if message == 0 {
        return "zero";
    }
    Ok(message)
}

fn main() {}
