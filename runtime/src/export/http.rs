//! As much of HTTP/1.1 as sending traces requires: one kind of request, and responses read to their end.
//!
//! Talking to an agent on the same machine is the whole cost of a flush; a general client takes ten times the instructions
//! for it.

use std::borrow::Cow;

use crate::config::Address;

/// The most that is read of a response, in bytes; an agent's is shorter.
const MAX_ANSWER: usize = 64 * 1024;

/// Space for a number that is filled in at the end: a header value may begin with spaces.
const BLANK: &str = "            ";

/// The head of requests, except for the numbers in it.
#[derive(Debug)]
pub(super) struct Head {
    bytes: Vec<u8>,
    /// Where the space for the trace count ends, if it is sent.
    count_end: Option<usize>,
}

const END: &str = "\r\n\r\n";

impl Head {
    /// The head of a `POST` to `path`, with these headers in addition to those of every request.
    pub(super) fn new<'a>(
        to: &Address,
        path: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let host = match to {
            #[cfg(unix)]
            Address::Unix(_) => "localhost".to_owned(),
            at => at.to_string(),
        };
        let mut bytes = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(format!("Content-Length:{BLANK}{END}").into_bytes());
        Self {
            bytes,
            count_end: None,
        }
    }

    /// Adds a header with the number of traces.
    pub(super) fn counting_traces(mut self) -> Self {
        let length = self.bytes.len() - BLANK.len() - END.len() - "Content-Length:".len();
        let length = self.bytes.split_off(length);
        self.bytes.extend_from_slice(b"X-Datadog-Trace-Count:");
        self.bytes.extend_from_slice(BLANK.as_bytes());
        self.count_end = Some(self.bytes.len());
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend(length);
        self
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Fills in the numbers of a request that is otherwise complete.
    pub(super) fn complete(&self, request: &mut [u8], traces: usize) {
        let length = request.len() - self.bytes.len();
        if let Some(end) = self.count_end {
            write_number(&mut request[..end], traces);
        }
        write_number(&mut request[..self.bytes.len() - END.len()], length);
    }
}

/// Writes a number over the blanks at the end of `text`.
fn write_number(text: &mut [u8], mut number: usize) {
    for byte in text.iter_mut().rev().take(BLANK.len() - 1) {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
}

/// A response, as far as it has been read.
#[derive(Debug, PartialEq)]
pub(super) enum Answer<'a> {
    /// More is to be read.
    Partial,
    /// It is complete.
    Whole {
        status: u16,
        keep_alive: bool,
        body: Cow<'a, [u8]>,
    },
    /// It is not an HTTP response.
    Malformed,
}

/// Parses what has been read; `ended` says whether the server has closed the connection.
pub(super) fn answer(read: &[u8], ended: bool) -> Answer<'_> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let body_at = match response.parse(read) {
        Ok(httparse::Status::Complete(body_at)) => body_at,
        Ok(httparse::Status::Partial) if !ended && read.len() < MAX_ANSWER => {
            return Answer::Partial
        }
        _ => return Answer::Malformed,
    };
    let body = &read[body_at..];
    let header = |name: &str| {
        let found = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let length = header("content-length").map(|length| length.trim().parse::<usize>());
    let chunked = header("transfer-encoding")
        .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
    let whole = match length {
        _ if chunked => match chunks(body) {
            Ok(whole) => whole.map(Cow::Owned),
            Err(_) => return Answer::Malformed,
        },
        Some(Ok(length)) => body.get(..length).map(Cow::Borrowed),
        Some(Err(_)) => return Answer::Malformed,
        // These responses have no body.
        None if matches!(response.code, Some(204 | 304)) => Some(Cow::default()),
        None => ended.then_some(Cow::Borrowed(body)),
    };
    let body = match whole {
        Some(body) => body,
        // The status is known, and the rest does not matter.
        None if read.len() >= MAX_ANSWER => {
            return Answer::Whole {
                status: response.code.unwrap_or_default(),
                keep_alive: false,
                body: Cow::default(),
            }
        }
        None if ended => return Answer::Malformed,
        None => return Answer::Partial,
    };
    let close = header("connection").is_some_and(|option| option.eq_ignore_ascii_case("close"));
    Answer::Whole {
        status: response.code.unwrap_or_default(),
        keep_alive: !ended && !close && response.version == Some(1),
        body,
    }
}

/// The content of a chunked body, once it is complete, including the trailer.
fn chunks(mut body: &[u8]) -> Result<Option<Vec<u8>>, httparse::InvalidChunkSize> {
    let mut whole = Vec::new();
    loop {
        let httparse::Status::Complete((at, size)) = httparse::parse_chunk_size(body)? else {
            return Ok(None);
        };
        let rest = body.get(at..).unwrap_or_default();
        if size == 0 {
            let ended = rest.starts_with(b"\r\n") || rest.windows(4).any(|end| end == b"\r\n\r\n");
            return Ok(ended.then_some(whole));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let next = size.checked_add(2).and_then(|next| rest.get(next..));
        let (Some(chunk), Some(next)) = (rest.get(..size), next) else {
            return Ok(None);
        };
        whole.extend_from_slice(chunk);
        body = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";

    #[test]
    fn a_request_tells_its_numbers() {
        let to = Address::Tcp {
            host: "::1".to_owned(),
            port: 8126,
        };
        let more = [("Content-Type", &b"application/msgpack"[..])];
        let head = Head::new(&to, "/v0.4/traces", more).counting_traces();
        let length = head.bytes().len();
        let mut request = [head.bytes(), &[b'x'; 1024]].concat();
        head.complete(&mut request, 7);
        let mut headers = [httparse::EMPTY_HEADER; 8];
        let mut parsed = httparse::Request::new(&mut headers);
        assert_eq!(
            parsed.parse(&request),
            Ok(httparse::Status::Complete(length))
        );
        let header = |name| parsed.headers.iter().find(|header| header.name == name);
        let value = |name| header(name).map(|header| header.value);
        assert_eq!(value("Host"), Some(&b"[::1]:8126"[..]));
        assert_eq!(value("Content-Length"), Some(&b"1024"[..]));
        assert_eq!(value("X-Datadog-Trace-Count"), Some(&b"7"[..]));
        assert_eq!(value("Content-Type"), Some(more[0].1));
        assert_eq!(parsed.path, Some("/v0.4/traces"));
    }

    #[test]
    fn an_answer_is_whole_at_its_last_byte() {
        for (whole, status) in [(LENGTH, 200), (CHUNKED, 202)] {
            for end in 0..whole.len() {
                assert_eq!(answer(&whole[..end], false), Answer::Partial, "{end}");
                assert_eq!(answer(&whole[..end], true), Answer::Malformed, "{end}");
            }
            let expected = Answer::Whole {
                status,
                keep_alive: true,
                body: b"{}".into(),
            };
            assert_eq!(answer(whole, false), expected);
        }
    }

    #[test]
    fn an_answer_without_a_length_ends_with_the_connection() {
        let text = b"HTTP/1.1 500 No\r\n\r\nsorry";
        assert_eq!(answer(text, false), Answer::Partial);
        let expected = Answer::Whole {
            status: 500,
            keep_alive: false,
            body: b"sorry".into(),
        };
        assert_eq!(answer(text, true), expected);
    }

    #[test]
    fn a_connection_to_be_closed_is_not_kept() {
        let text = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        let expected = Answer::Whole {
            status: 200,
            keep_alive: false,
            body: Cow::default(),
        };
        assert_eq!(answer(text, false), expected);
    }

    #[test]
    fn garbage_is_malformed() {
        for text in [
            &b"\x00\x01 nonsense"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert_eq!(answer(text, false), Answer::Malformed);
        }
        let endless = [b"HTTP/1.1 ".to_vec(), vec![b'x'; MAX_ANSWER]].concat();
        assert_eq!(answer(&endless, false), Answer::Malformed);
    }

    #[test]
    fn of_an_answer_that_is_too_long_the_status_counts() {
        let expected = Answer::Whole {
            status: 200,
            keep_alive: false,
            body: Cow::default(),
        };
        for header in [
            "",
            "Content-Length: 1000000\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            let head = format!("HTTP/1.1 200 OK\r\n{header}\r\n10000\r\n");
            let endless = [head.into_bytes(), vec![b'x'; MAX_ANSWER]].concat();
            assert_eq!(answer(&endless, false), expected, "{header}");
        }
    }
}
