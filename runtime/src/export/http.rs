//! As much of HTTP/1.1 as a trace needs: one kind of request, and answers read to their end.
//!
//! The connection to an agent on the same machine is the whole cost of a flush; a general client takes ten times the
//! instructions for it.

use std::borrow::Cow;

use crate::config::LIBRARY_VERSION;

/// A larger answer is not an agent's.
const MAX_ANSWER: usize = 64 * 1024;

/// Room for a number that is told at the end: a header may begin with spaces.
const BLANK: &str = "            ";
const COUNT: &str = "\r\nX-Datadog-Trace-Count:";
const END: &str = "\r\n\r\n";

/// The head of a request with a body of MessagePack, but for its two numbers.
pub(super) fn head(host: &str, port: u16) -> Vec<u8> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let head = format!(
        "POST /v0.4/traces HTTP/1.1\r\n\
         Host: {host}:{port}\r\n\
         Content-Type: application/msgpack\r\n\
         Datadog-Meta-Lang: rust\r\n\
         Datadog-Meta-Tracer-Version: {LIBRARY_VERSION}\r\n\
         Content-Length:{BLANK}{COUNT}{BLANK}{END}"
    );
    head.into_bytes()
}

/// Tells the numbers of a request that is whole but for them; `head` is the length of its head.
pub(super) fn complete(request: &mut [u8], head: usize, traces: usize) {
    let length = request.len() - head;
    let count_end = head - END.len();
    let length_end = count_end - BLANK.len() - COUNT.len();
    write_number(&mut request[..count_end], traces);
    write_number(&mut request[..length_end], length);
}

/// Writes a number over the blanks that `text` ends with.
fn write_number(text: &mut [u8], mut number: usize) {
    for byte in text.iter_mut().rev().take(BLANK.len() - 1) {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
}

/// What has been read of an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Answer<'a> {
    /// More is to come.
    Partial,
    /// All of it.
    Whole {
        status: u16,
        keep_alive: bool,
        body: Cow<'a, [u8]>,
    },
    /// Not an answer.
    Malformed,
}

/// Looks at what has been read; `ended` tells that the other side has closed the connection.
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
        // These have no body.
        None if matches!(response.code, Some(204 | 304)) => Some(Cow::default()),
        None => ended.then_some(Cow::Borrowed(body)),
    };
    let Some(body) = whole else {
        let gone_on_for_ever = read.len() >= MAX_ANSWER;
        return if ended || gone_on_for_ever {
            Answer::Malformed
        } else {
            Answer::Partial
        };
    };
    let close = header("connection").is_some_and(|option| option.eq_ignore_ascii_case("close"));
    Answer::Whole {
        status: response.code.unwrap_or_default(),
        keep_alive: !ended && !close && response.version == Some(1),
        body,
    }
}

/// What a chunked body holds, if it is there to its last chunk and the trailer's end.
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
        let mut request = head("::1", 8126);
        let length = request.len();
        request.extend([b'x'; 1024]);
        complete(&mut request, length, 7);
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
        let endless = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; MAX_ANSWER]].concat();
        assert_eq!(answer(&endless, false), Answer::Malformed);
    }
}
