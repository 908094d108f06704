//! Repeated lookups in one object.

use super::{Entries, Json, Str};

/// The members of an object, for several lookups: reads each of the first [`MOST`](Self::MOST) once, and nothing after
/// the last one looked up.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    known: Vec<(Str<'a>, Json<'a>)>,
    rest: Entries<'a>,
}

impl<'a> Members<'a> {
    /// How many members are kept; every lookup of a later one scans from there again.
    const MOST: usize = 24;

    pub(crate) fn of(object: Json<'a>) -> Self {
        Self {
            known: Vec::with_capacity(Self::MOST / 2),
            rest: object.entries(),
        }
    }

    /// The first member of this name.
    // Not inlined, as it contains a text comparison.
    #[inline(never)]
    pub(crate) fn get(&mut self, name: &str) -> Option<Json<'a>> {
        let is_it = |(key, _): &(Str<'a>, _)| key.is(name);
        let mut found = self.known.iter().copied().find(is_it);
        while found.is_none() && self.learn() {
            found = self.known.last().copied().filter(is_it);
        }
        let behind = || self.rest.clone().find(is_it);
        found.or_else(behind).map(|(_, value)| value)
    }

    /// Calls `read` with every member.
    pub(crate) fn each(&mut self, mut read: impl FnMut((Str<'a>, Json<'a>))) {
        while self.learn() {}
        self.known.iter().copied().for_each(&mut read);
        self.rest.clone().for_each(read);
    }

    /// Reads the next member, if there is one and room for it. Returns whether it did.
    fn learn(&mut self) -> bool {
        if self.known.len() == Self::MOST {
            return false;
        }
        let next = self.rest.next();
        self.known.extend(next);
        next.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_in_any_order_and_number() {
        for count in [0, 1, 23, 24, 25, 60] {
            let members = (0..count).map(|number| format!(r#""m{number}": {number}"#));
            let text = format!("{{{}}}", members.collect::<Vec<_>>().join(", "));
            let mut members = Members::of(Json::new(text.as_bytes()));
            for number in (0..count).rev().chain(0..count) {
                let found = members.get(&format!("m{number}"));
                assert_eq!(found.and_then(|found| found.as_u64()), Some(number));
            }
            assert!(members.get("m").is_none());
            let mut all = Vec::new();
            members.each(|(_, value)| all.extend(value.as_u64()));
            assert_eq!(all, Vec::from_iter(0..count));
        }
        assert!(Members::of(Json::new(b"7")).get("m").is_none());
    }

    #[test]
    fn of_members_with_the_same_name_the_first_counts() {
        let mut members = Members::of(Json::new(br#"{"a": 1, "\u0061": 2, "b": 3, "a": 4}"#));
        let mut get = |name| members.get(name)?.as_u64();
        assert_eq!((get("b"), get("a"), get("c")), (Some(3), Some(1), None));
    }
}
