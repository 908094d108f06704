//! The end of an invocation: which spans are sent, and how they are connected.

use std::sync::Arc;

use super::outcome::Outcome;
use super::{running, Invocation, State};
use crate::capture;
use crate::config::Config;
use crate::span::{Chunk, Spans, Tags};

impl Invocation {
    /// Ends the invocation and returns all finished spans: those of its own trace, first span first, then those of other
    /// traces. `None` if it has already ended.
    pub(crate) fn finish(&self) -> Option<Vec<Chunk>> {
        if self.root.function().is_some() {
            running::remove(self);
        }
        let captured = self.capture();
        let now = self.now();
        let mut state = self.settled();
        if std::mem::replace(&mut state.sent, true) {
            return None;
        }
        let State {
            body,
            root,
            trace,
            children,
            outcome,
            streaming,
            verdict,
            dropped,
            ..
        } = &mut *state;
        root.finish(now);
        let own = self.root.complete(root);
        root.tags.append(&captured);
        let mut root = std::mem::take(root);
        let mut all = Spans::with_capacity(children.len() + 3);
        let trace = trace.as_mut()?;
        if let Some(time) = streaming.time_to_first_byte() {
            root.tags
                .set_number("http.response.time_to_first_byte", time);
        }
        let waiting = streaming.end();
        trace.finish(&mut root, &own, outcome.as_ref(), &mut all);
        let mut dropped = children.dropped(*dropped);
        if let Some((startup, _)) = self.root.startup() {
            dropped.add_all(startup.dropped());
        }
        dropped.add(&root);
        dropped.note(&mut root);
        let function = root.id;
        all.push(root);
        if let Some((startup, start)) = self.root.startup() {
            all.extend(startup.load(function, start, self.clock.started()));
        }
        let mut foreign = Vec::new();
        children.take_finished(|mut span| match span.head.take() {
            None => all.push(span),
            Some(head) => foreign.push((head, span)),
        });
        if Config::get().lwa_proxy {
            trace.leave_to_extension(&mut all, function);
        }
        if let Some(first) = all.first_mut() {
            trace.close(*verdict, first);
        }
        let head = Arc::clone(&trace.head);
        *body = None;
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
        dropped.say();
        let mut chunks = vec![Chunk { head, spans: all }];
        chunks.extend(Chunk::by_head(foreign));
        chunks.retain(|chunk| !chunk.spans.is_empty());
        Some(chunks)
    }

    /// The event and the response as tags, if they are to be captured.
    fn capture(&self) -> Tags {
        let config = Config::get();
        if !config.capture_payload || self.root.function().is_none() {
            return Tags::new();
        }
        let (event, response) = {
            let mut state = self.lock();
            let response = state.outcome.as_mut().and_then(Outcome::take_json);
            (state.body.clone(), response)
        };
        // Without holding the lock, as above.
        let mut tags = capture::flatten("function.request", &event.unwrap_or_default(), config);
        let response = response.unwrap_or_default();
        tags.append(&capture::flatten("function.response", &response, config));
        tags
    }
}
