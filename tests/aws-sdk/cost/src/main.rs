//! What tracing adds to a call: of SQS through its client of the AWS SDK, and of a web service through reqwest, both to a
//! server on this machine.
//!
//! Prints a table of instructions, which needs valgrind, and of allocations. Both are those of the calling process alone, and
//! free of what start and end cost: instructions are the quotient of the differences of a short and a long life.
//! `PROFILES=<directory>` keeps callgrind's files.

mod allocations;
mod calls;
mod server;

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

const SHORT: u64 = 100;
const LONG: u64 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => table(),
        ["serve"] => Ok(server::serve()?),
        [what, mode, count, address] => {
            let mode = calls::MODES.into_iter().find(|(name, _)| *name == mode);
            let (_, mode) = mode.ok_or("no such mode")?;
            println!("{}", calls::make(what, mode, count.parse()?, address));
            Ok(())
        }
        _ => Err("usage: ddlambda-call-cost [serve | <sqs|http> <mode> <calls> <address>]".into()),
    }
}

/// A server in a process of its own, whose work is not counted.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn table() -> Result<(), Box<dyn Error>> {
    let program = env::current_exe()?;
    let mut server = Command::new(&program);
    let mut server = Server(server.arg("serve").stdout(Stdio::piped()).spawn()?);
    let mut address = String::new();
    let output = server.0.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut address)?;

    println!("| call | | instructions | allocations |\n|---|---|--:|--:|");
    for what in ["sqs", "http"] {
        for (mode, _) in calls::MODES {
            let [short, long] = [SHORT, LONG].map(|count| count.to_string());
            let short = instructions(&program, [what, mode, &short, address.trim()])?;
            let each = (instructions(&program, [what, mode, &long, address.trim()])? - short)
                / (LONG - SHORT);
            let made = Command::new(&program)
                .args([what, mode, &LONG.to_string(), address.trim()])
                .output()?;
            let allocations = String::from_utf8(made.stdout)?;
            println!("| {what} | {mode} | {each} | {} |", allocations.trim());
        }
    }
    Ok(())
}

/// All instructions of a process.
fn instructions(program: &Path, arguments: [&str; 4]) -> Result<u64, Box<dyn Error>> {
    let folder = env::var_os("PROFILES").map_or_else(env::temp_dir, PathBuf::from);
    let name = format!(
        "callgrind.{}.{}",
        arguments[..3].join("-"),
        std::process::id()
    );
    let profile = folder.join(name);
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("the calls failed under valgrind".into());
    }
    let text = std::fs::read_to_string(&profile)?;
    if env::var_os("PROFILES").is_none() {
        std::fs::remove_file(&profile)?;
    }
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(total.ok_or("no total in the profile")?.trim().parse()?)
}
