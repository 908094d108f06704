//! A queue and a web service in one: it answers every request alike, from a process of its own.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

const BODY: &str = r#"{"MD5OfMessageBody":"900150983cd24fb0d6963f7d28e17f72","MessageId":"8c5f2c1a-0000-4000-8000-000000000000"}"#;

/// Prints its address and answers until the process is killed.
pub fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        // A connection that breaks is no concern of the others.
        std::thread::spawn(move || answer(&stream));
    }
    Ok(())
}

fn answer(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\
        x-amzn-requestid: 8c5f2c1a-0000-4000-8000-000000000000\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut requests = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while requests.read_line(&mut line)? > 0 {
        let header = line.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line == "\r\n" {
            requests.read_exact(&mut vec![0; length])?;
            (&mut &*stream).write_all(reply.as_bytes())?;
            length = 0;
        }
        line.clear();
    }
    Ok(())
}
