//! Walking through objects and arrays, without passing over anything twice.

use super::{scan, Json, Str};

/// Where a walk through an object or array stands, in three ends of one text.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    /// From the value on that was handed out last; before the first, from the opening bracket on.
    value: &'a [u8],
    /// From behind that value on; empty if nobody has looked where it ends.
    rest: &'a [u8],
    /// From behind the whole object or array on, once the walk is at its end; empty before.
    behind: &'a [u8],
}

impl<'a> Cursor<'a> {
    const OVER: Self = Self {
        value: &[],
        rest: &[],
        behind: &[],
    };

    fn open(text: &'a [u8], bracket: u8) -> Self {
        if text.first() != Some(&bracket) {
            return Self::OVER;
        }
        Self {
            value: text,
            rest: text,
            behind: &[],
        }
    }

    /// The text from the next element on, past the comma; `None` at the end.
    #[inline(never)]
    fn next_element(&mut self) -> Option<&'a [u8]> {
        let is_first = self.rest.len() == self.value.len();
        if self.rest.is_empty() {
            self.rest = self.value.get(scan::value_length(self.value)?..)?;
        }
        let mut rest = scan::skip_space(self.rest);
        if is_first || rest.first() == Some(&b',') {
            rest = scan::skip_space(rest.get(1..)?);
            if !is_first {
                return Some(rest);
            }
        }
        match rest {
            [b'}' | b']', behind @ ..] => {
                *self = Self {
                    behind,
                    ..Self::OVER
                };
                None
            }
            _ => is_first.then_some(rest),
        }
    }

    /// Hands out the value that the text begins with. Where one ends that is short is found at once, since whoever gets it
    /// wants to know, and so does the walk.
    #[inline(always)]
    fn hand_out(&mut self, value: &'a [u8]) -> Option<Json<'a>> {
        let rest = match value.first()? {
            b'"' => Str::read(value).map_or(&[][..], |(_, behind)| behind),
            b'{' | b'[' => &[],
            // What has not a letter is no word.
            _ => match scan::word(value).len() {
                0 => &[],
                length => &value[length..],
            },
        };
        self.value = value;
        self.rest = rest;
        let end = match rest.len() {
            0 => 0,
            rest => value.len() - rest,
        };
        Some(Json { text: value, end })
    }

    fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        let mut inside = Entries::of(self.value);
        let result = walk(&mut inside);
        self.pass(&inside.0);
        result
    }

    fn walk_values<R>(&mut self, walk: impl FnOnce(&mut Values<'a>) -> R) -> R {
        let text = self.value;
        let mut inside = Json { text, end: 0 }.values();
        let result = walk(&mut inside);
        self.pass(inside.cursor());
        result
    }

    /// Learns where the value ends that was handed out last, if the walk through it was one to its end.
    fn pass(&mut self, inside: &Self) {
        if !inside.behind.is_empty() {
            self.rest = inside.behind;
        }
    }

    fn passed(&self) -> &'a [u8] {
        match self.rest {
            [] => &[],
            rest => &self.value[..self.value.len() - rest.len()],
        }
    }

    /// Ends the walk, for good.
    fn stop<T>(&mut self) -> Option<T> {
        self.value = &[];
        self.rest = &[];
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
        let next = match self.0.rest {
            [b',', value @ ..] if value.first().is_some_and(|first| *first > b' ') => Some(value),
            _ => self.0.next_element(),
        };
        match next.and_then(|value| self.0.hand_out(value)) {
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

    /// The same through the values of an array or object.
    pub(crate) fn walk_values<R>(&mut self, walk: impl FnOnce(&mut Values<'a>) -> R) -> R {
        self.0.walk_values(walk)
    }

    /// Goes on from `behind`, where the value ends that was handed out last.
    pub(crate) fn go_on(&mut self, behind: &'a [u8]) {
        self.0.rest = behind;
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
        // As AWS writes it, without white space.
        let element = match self.0.rest {
            [b',' | b'{', element @ ..] if element.first() == Some(&b'"') => element,
            _ => self.0.next_element()?,
        };
        let (name, behind) = Str::read(element)?;
        self.0.rest = behind;
        Some(name)
    }

    /// The value of the member whose name was asked for last.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Option<Json<'a>> {
        let value = scan::behind_colon(self.0.rest)?;
        self.0.hand_out(value)
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
