#[ddlambda::record(parent = "none", resource = " ", resource = "x")]
const fn process() {}

fn main() {}
