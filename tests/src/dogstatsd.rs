//! A DogStatsD server that keeps what it is sent.

use crate::datagrams::Datagrams;

/// A server on a port of its own.
#[derive(Debug)]
pub struct DogStatsD(Datagrams);

impl DogStatsD {
    /// Starts it.
    pub fn start() -> Self {
        Self(Datagrams::start())
    }

    /// What `DD_DOGSTATSD_URL` names it by.
    pub fn url(&self) -> String {
        format!("udp://{}", self.0.address())
    }

    /// What has come since the last call.
    pub fn received(&self) -> Vec<String> {
        self.0.received()
    }
}
