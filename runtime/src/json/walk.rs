//! Iterators over objects and arrays that scan nothing twice.

use super::{scan, Json, Str};

/// The position in an object or array, as three suffixes of one text.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    /// From the value returned last; before the first, from the opening bracket.
    value: &'a [u8],
    /// From just past that value; empty if its end is not known yet.
    rest: &'a [u8],
    /// From just past the whole object or array, once its end is reached; empty before.
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

    /// The text from the next element, after the comma; `None` at the end.
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

    /// Returns the value that the text begins with. Finds the end of strings, numbers and words at once, since both the
    /// caller and the next step need it.
    #[inline(always)]
    fn hand_out(&mut self, value: &'a [u8]) -> Option<Json<'a>> {
        let rest = match value.first()? {
            b'"' => Str::read(value).map_or(&[][..], |(_, behind)| behind),
            b'{' | b'[' => &[],
            // An empty word is no value.
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

    /// Adopts the end of the last value from a walk through it, if that walk has reached it.
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

    /// Ends the walk permanently.
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

    /// Walks through the last item, an object. If `walk` reads it to its end, it is not scanned again.
    pub(crate) fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        self.0.walk(walk)
    }

    /// The text of the last item; empty if its end is not known yet.
    pub(crate) fn passed(&self) -> &'a [u8] {
        self.0.passed()
    }

    /// Calls `read` with the members of every item that is left.
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

/// The members of an object, with their names not decoded; see [`Json::entries`].
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a>(Cursor<'a>);

impl<'a> Entries<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self(Cursor::open(text, b'{'))
    }

    /// Walks through the last value, an object. If `walk` reads it to its end, it is not scanned again.
    pub(crate) fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        self.0.walk(walk)
    }

    /// Like [`walk`](Self::walk), through the values of an array or object.
    pub(crate) fn walk_values<R>(&mut self, walk: impl FnOnce(&mut Values<'a>) -> R) -> R {
        self.0.walk_values(walk)
    }

    /// Continues at `behind`, the text just past the last value.
    pub(crate) fn resume_at(&mut self, behind: &'a [u8]) {
        self.0.rest = behind;
    }

    /// The first member with this name. Reads on to the end of the object, so that it is not scanned again.
    pub(crate) fn find_to_end(&mut self, name: &str) -> Option<Json<'a>> {
        self.fold(None, |found, (key, value)| {
            found.or_else(|| key.is(name).then_some(value))
        })
    }

    /// The name of the next member, whose value has not been read; [`value`](Self::value) must be called next.
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

    /// The value of the member whose name was returned last.
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
    /// Walks through the last value, an object. If `walk` reads it to its end, it is not scanned again.
    pub(crate) fn walk<R>(&mut self, walk: impl FnOnce(&mut Entries<'a>) -> R) -> R {
        self.cursor().walk(walk)
    }

    /// Adopts the end of the last value from `inside`, a walk through it, if that has reached it.
    pub(crate) fn pass(&mut self, inside: &mut Self) {
        self.cursor().pass(inside.cursor());
    }

    /// The text of the last value; empty if its end is not known yet.
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
