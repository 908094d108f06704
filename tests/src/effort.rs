//! How far the programs go that make things up.

use std::num::ParseIntError;
use std::time::{Duration, Instant};

/// So many times, from this seed, for so long: `[how many] [seed] [seconds]`, the arguments of such a program.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// What the numbers begin with.
    pub seed: u64,
    count: u64,
    begin: Instant,
    limit: Duration,
}

impl Effort {
    /// What the arguments of this program ask for: by default `count` times from seed 1, however long that takes.
    ///
    /// # Errors
    /// If one of them is no number.
    pub fn asked_for(count: u64) -> Result<Self, ParseIntError> {
        let mut arguments = std::env::args().skip(1);
        let mut number = |default: u64| match arguments.next() {
            Some(text) => text.parse(),
            None => Ok(default),
        };
        Ok(Self {
            count: number(count)?,
            seed: number(1)?,
            limit: Duration::from_secs(number(u64::MAX)?),
            begin: Instant::now(),
        })
    }

    /// The numbers of the times, from zero, as long as there is time.
    pub fn times(self) -> impl Iterator<Item = u64> {
        (0..self.count).take_while(move |_| self.begin.elapsed() < self.limit)
    }

    /// For how long it has gone on, in seconds.
    pub fn seconds(self) -> f64 {
        self.begin.elapsed().as_secs_f64()
    }
}
