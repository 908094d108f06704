//! Walking through objects and arrays, without passing over anything twice.

use super::{scan, Json, Str};

/// Where a walk through an object or array stands.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    /// From the opening bracket on; empty once the walk is over.
    text: &'a [u8],
    /// The start of the value that was handed out last; 0 before the first.
    at: usize,
    /// Behind that value; 0 if nobody has looked.
    end: usize,
    /// The length of the whole object or array, once the walk is at its end; 0 before.
    length: usize,
}

impl<'a> Cursor<'a> {
    fn open(text: &'a [u8], bracket: u8) -> Self {
        let opens = text.first() == Some(&bracket);
        Self {
            text: if opens { text } else { &[] },
            at: 0,
            end: 0,
            length: 0,
        }
    }

    /// The start of the next element, past the comma; `None` at the end.
    #[inline(never)]
    fn next_element(&mut self) -> Option<usize> {
        let mut end = 1;
        if self.at != 0 {
            end = match self.end {
                0 => scan::skip_value(self.text, self.at)?,
                known => known,
            };
        }
        let mut at = scan::skip_space(self.text, end);
        match *self.text.get(at)? {
            b'}' | b']' => {
                self.length = at + 1;
                return None;
            }
            b',' if self.at != 0 => at = scan::skip_space(self.text, at + 1),
            _ if self.at != 0 => return None,
            _ => {}
        }
        Some(at)
    }

    /// Hands out the value at `at`. Where a string ends is found at once, since whoever gets it wants to know, and so
    /// does the walk.
    #[inline]
    fn value(&mut self, at: usize) -> Option<Json<'a>> {
        let first = *self.text.get(at)?;
        self.at = at;
        self.end = match first {
            b'"' => scan::string_end(self.text, at + 1).map_or(0, |end| end + 1),
            _ => 0,
        };
        Some(Json::at(self.text, at, self.end))
    }

    fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        let mut inside = Json::at(self.text, self.at, 0).entries();
        let result = walk(&mut inside);
        self.pass(&inside.0);
        result
    }

    /// Learns where the value ends that was handed out last, if the walk through it was one to its end.
    fn pass(&mut self, inside: &Self) {
        if inside.length != 0 {
            self.end = self.at + inside.length;
        }
    }

    fn passed(&self) -> &'a [u8] {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    /// Ends the walk, for good.
    fn stop<T>(&mut self) -> Option<T> {
        self.text = &[];
        None
    }
}

/// The items of an array; see [`Json::items`].
#[derive(Clone, Debug)]
pub(crate) struct Items<'a>(Cursor<'a>);

impl<'a> Items<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self(Cursor::open(text, b'['))
    }

    /// Walks through the object that was handed out last, which if walked to its end is not skipped once more.
    pub(crate) fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        self.0.walk(walk)
    }

    /// The text of the item that was handed out last; none if nobody has looked where it ends.
    pub(crate) fn passed(&self) -> &'a [u8] {
        self.0.passed()
    }

    /// Reads every item that is left, as an object.
    pub(crate) fn each<R, F>(mut self, read: F) -> impl Iterator<Item = R> + use<'a, R, F>
    where
        F: Fn(&mut Entries<'a>) -> R,
    {
        std::iter::from_fn(move || {
            self.next()?;
            Some(self.walk(&read))
        })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        match self.0.next_element().and_then(|at| self.0.value(at)) {
            None => self.0.stop(),
            value => value,
        }
    }
}

/// The members of an object, with names as they are written; see [`Json::entries`].
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a>(Cursor<'a>);

impl<'a> Entries<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self(Cursor::open(text, b'{'))
    }

    /// Walks through the value that was handed out last, which if walked to its end is not skipped once more.
    pub(crate) fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        self.0.walk(walk)
    }

    /// The first member of this name. The walk goes on to the end, so that the object need not be skipped once more.
    pub(crate) fn find_to_end(&mut self, name: &str) -> Option<Json<'a>> {
        self.fold(None, |found, (key, value)| {
            found.or_else(|| key.is(name).then_some(value))
        })
    }

    /// The name of the next member, whose value is to be asked for next: nobody has looked at it yet.
    #[inline]
    pub(crate) fn next_name(&mut self) -> Option<Str<'a>> {
        let (text, end) = (self.0.text, self.0.end);
        // As AWS writes it, without white space, the name short and plain: in one look.
        if let Some([b',', b'"', name @ ..]) = text.get(end..).and_then(|t| t.first_chunk::<18>()) {
            if let Some(length) = scan::near_string_end(name) {
                let start = end + 2;
                self.0.end = start + length + 1;
                return Some(Str::word(&text[start..start + length]));
            }
        }
        let start = match text.get(end..) {
            Some([b',', b'"', ..]) => end + 1,
            _ => self.0.next_element()?,
        };
        let (name, end) = Str::read(text, start)?;
        self.0.end = end;
        Some(name)
    }

    /// The value of the member whose name was asked for last.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<Json<'a>> {
        let text = self.0.text;
        let mut at = self.0.end;
        match text.get(at..) {
            Some([b':', first, ..]) if *first > b' ' => at += 1,
            _ => at = scan::behind_colon(text, at)?,
        }
        self.0.value(at)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Str<'a>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.next_name();
        match name.and_then(|name| Some((name, self.value()?))) {
            None => self.0.stop(),
            member => member,
        }
    }
}

/// The items of an array, or the values of an object; see [`Json::values`].
#[derive(Clone, Debug)]
pub(crate) enum Values<'a> {
    Items(Items<'a>),
    Members(Entries<'a>),
}

impl<'a> Values<'a> {
    /// Walks through the object that was handed out last, which if walked to its end is not skipped once more.
    pub(crate) fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        self.cursor().walk(walk)
    }

    /// Tells of a walk through the value that was handed out last, which if it was one to its end is not skipped once
    /// more.
    pub(crate) fn pass(&mut self, inside: &mut Self) {
        self.cursor().pass(inside.cursor());
    }

    /// The text of the value that was handed out last; none if nobody has looked where it ends.
    pub(crate) fn passed(&mut self) -> &'a [u8] {
        self.cursor().passed()
    }

    fn cursor(&mut self) -> &mut Cursor<'a> {
        match self {
            Self::Items(items) => &mut items.0,
            Self::Members(members) => &mut members.0,
        }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        match self {
            Self::Items(items) => items.next(),
            Self::Members(members) => members.next().map(|(_, value)| value),
        }
    }
}
