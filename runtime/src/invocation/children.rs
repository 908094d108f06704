//! The spans below `aws.lambda`, from when they are opened until they are handed over for export.

use super::dropped::Dropped;
use crate::span::Span;

/// The most spans kept per invocation, so that a function that loops cannot fill the sandbox's memory.
pub(super) const MAX_SPANS: usize = 20_000;
/// The most bytes of spans kept.
pub(super) const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The capacity reserved at first; an invocation seldom needs more.
const TYPICAL: usize = 16;

/// Spans, each in its own slot. A slot is reused once its span has been taken out, so a lookup also gives the span's id.
#[derive(Clone, Debug, Default)]
pub(super) struct Children {
    places: Vec<Option<Box<Span>>>,
    free: Vec<usize>,
    /// The memory that the spans take, in bytes.
    bytes: usize,
}

impl Children {
    /// Stores a span and returns its slot, or `None` if there is no room.
    pub(super) fn open(&mut self, span: Box<Span>) -> Option<usize> {
        let size = span.size();
        if self.bytes + size > MAX_BYTES {
            return None;
        }
        let span = Some(span);
        if let Some(place) = self.free.pop() {
            self.places[place] = span;
            self.bytes += size;
            return Some(place);
        }
        if self.places.len() >= MAX_SPANS {
            return None;
        }
        if self.places.is_empty() {
            self.places.reserve(TYPICAL);
        }
        self.places.push(span);
        self.bytes += size;
        Some(self.places.len() - 1)
    }

    /// Changes the span with this id, if it is still here. If there is no room, the span takes no more tags or links.
    pub(super) fn change(
        &mut self,
        place: usize,
        id: u64,
        change: &mut dyn FnMut(&mut Span),
    ) -> Option<&mut Span> {
        let is_full = self.bytes >= MAX_BYTES;
        let span = find(&mut self.places, place, id)?;
        resize(span, &mut self.bytes, |span| {
            if is_full {
                span.tags.seal();
            }
            change(span);
        });
        Some(span)
    }

    /// Counts what found no room: `spans` spans, and tags and links of the spans that are kept.
    pub(super) fn dropped(&self, spans: usize) -> Dropped {
        let mut dropped = Dropped {
            spans,
            ..Dropped::default()
        };
        let kept = self.places.iter().flatten();
        kept.for_each(|span| dropped.add(span));
        dropped
    }

    /// Takes one span out.
    pub(super) fn take(&mut self, place: usize, id: u64) -> Option<Box<Span>> {
        let span = self.places.get_mut(place)?.take_if(|span| span.id == id)?;
        self.bytes = self.bytes.saturating_sub(span.size());
        self.free.push(place);
        Some(span)
    }

    /// Ends the span with this id. Returns whether it is still here.
    pub(super) fn end(&mut self, place: usize, id: u64, now: u64) -> bool {
        let span = find(&mut self.places, place, id);
        span.map(|span| resize(span, &mut self.bytes, |span| span.finish(now)))
            .is_some()
    }

    /// Ends every span that is still open.
    pub(super) fn finish(&mut self, now: u64) {
        for span in self.places.iter_mut().flatten() {
            resize(span, &mut self.bytes, |span| span.finish(now));
        }
    }

    /// Takes out all spans that have ended, in the order they began; `len` is an upper bound on their number.
    pub(super) fn take_finished(&mut self, mut each: impl FnMut(Box<Span>)) {
        let mut spans = self.places.iter().flatten();
        if spans.all(|span| span.duration.is_some()) {
            self.free.clear();
            self.bytes = 0;
            return self.places.drain(..).flatten().for_each(each);
        }
        for (place, slot) in self.places.iter_mut().enumerate() {
            if let Some(span) = slot.take_if(|span| span.duration.is_some()) {
                self.free.push(place);
                self.bytes = self.bytes.saturating_sub(span.size());
                each(span);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

/// The span in this slot, if it still has this id.
fn find(places: &mut [Option<Box<Span>>], place: usize, id: u64) -> Option<&mut Span> {
    let span = places.get_mut(place)?.as_deref_mut()?;
    (span.id == id).then_some(span)
}

/// Changes a span, and keeps `bytes`, the size of all spans, up to date. The end of a span changes its size, too.
fn resize(span: &mut Span, bytes: &mut usize, change: impl FnOnce(&mut Span)) {
    let before = span.size();
    change(span);
    *bytes = (*bytes + span.size()).saturating_sub(before);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(start: u64) -> Box<Span> {
        Span::new("step", 0, start)
    }

    /// Takes out the finished spans and counts them.
    fn taken(children: &mut Children) -> usize {
        let mut count = 0;
        children.take_finished(|_| count += 1);
        count
    }

    #[test]
    fn a_place_that_was_left_knows_its_new_span_only() {
        let mut children = Children::default();
        let [first, second] = [1, 2].map(step);
        let (old, new) = (first.id, second.id);
        let place = children.open(first).unwrap();
        children.finish(3);
        assert_eq!(taken(&mut children), 1);
        assert_eq!(children.open(second), Some(place));
        assert!(!children.end(place, old, 4) && children.take(place, old).is_none());
        assert_eq!(taken(&mut children), 0, "it is open");
        assert!(children.end(place, new, 4));
        assert_eq!(children.take(place, new).map(|span| span.start), Some(2));
    }

    #[test]
    fn there_is_room_for_so_many_bytes() {
        let mut children = Children::default();
        let mut places = Vec::new();
        loop {
            let span = step(1);
            let id = span.id;
            let Some(place) = children.open(span) else {
                break;
            };
            let text = "x".repeat(25_000);
            children.change(place, id, &mut |span| span.tags.set("text", &text));
            places.push((place, id));
        }
        assert!((1_000..2_000).contains(&places.len()), "{}", places.len());
        let (place, id) = places[0];
        children.change(place, id, &mut |span| span.tags.set("more", "no"));
        assert_eq!(children.dropped(0).tags, 1);
        #[cfg(feature = "tracing")]
        {
            let link = crate::span::SpanLink::default();
            children.change(place, id, &mut |span| span.link(link.clone()));
            assert_eq!(children.dropped(0).links, 1);
        }
        children.finish(2);
        assert_eq!((taken(&mut children), children.bytes), (places.len(), 0));
        assert!(children.open(step(1)).is_some());
    }

    /// When a span ends, attributes named by the OpenTelemetry conventions are replaced by Datadog's.
    #[cfg(feature = "tracing")]
    #[test]
    fn what_a_span_s_end_adds_and_removes_is_counted() {
        let told = || {
            let mut span = step(1);
            span.told.conventions = true;
            span.tags.set("db.system", "postgresql");
            span.tags.set("db.statement", "x".repeat(10_000));
            span
        };
        let mut children = Children::default();
        let _open = children.open(step(1)).unwrap();
        let before = children.bytes;
        for round in 0..4 {
            let span = told();
            let id = span.id;
            let place = children.open(span).unwrap();
            match round {
                0 => children.finish(2),
                _ => assert!(children.end(place, id, 2)),
            }
            assert!(children.take(place, id).is_some());
            assert_eq!(children.bytes, before);
        }
    }

    #[test]
    fn those_that_stay_keep_their_places() {
        let mut children = Children::default();
        let [first, mut second, third] = [1, 2, 3].map(step);
        second.finish(3);
        let ids = [first.id, third.id];
        let places = [first, second, third].map(|span| children.open(span).unwrap());
        assert_eq!(taken(&mut children), 1);
        for (place, id) in [places[0], places[2]].into_iter().zip(ids) {
            assert!(children.end(place, id, 4));
        }
        assert_eq!(children.open(step(4)), Some(places[1]));
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut children = Children::default();
        assert!((0..MAX_SPANS).all(|_| children.open(step(1)).is_some()));
        assert_eq!(children.open(step(1)), None);
    }
}
