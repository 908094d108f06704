//! The order of things.

use ddlambda::testing::{Event, Lambda, Outcome};

/// What happened to one invocation and when, as places in the journal.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// When its event was sent.
    pub sent: usize,
    /// When its response or error had arrived.
    pub answered: usize,
    /// When its trace had arrived.
    pub traced: usize,
    /// When the function asked for the next event.
    pub next: usize,
}

impl Places {
    /// Those of an invocation that the function is done with.
    ///
    /// # Panics
    /// If one of them did not happen.
    pub async fn of(lambda: &Lambda, outcome: &Outcome) -> Self {
        outcome.next_requested().await;
        let journal = lambda.journal();
        let id = outcome.request_id();
        let find = |what: &str, is: &dyn Fn(&Event) -> bool| {
            let found = journal.iter().find(|moment| is(&moment.event));
            match found {
                Some(moment) => moment.seq,
                None => panic!("{what} did not happen: {journal:#?}"),
            }
        };
        let sent = find(
            "sending",
            &|event| matches!(event, Event::EventSent { request_id } if request_id == id),
        );
        let next = journal[sent..]
            .iter()
            .find(|moment| moment.event == Event::NextRequested)
            .map(|moment| moment.seq);
        Self {
            sent,
            answered: find("the answer", &|event| {
                matches!(event,
                    Event::ResponseReceived { request_id } | Event::ErrorReceived { request_id } if request_id == id)
            }),
            traced: find(
                "the trace",
                &|event| matches!(event, Event::TraceReceived { request_id: Some(request_id), .. } if request_id == id),
            ),
            next: next.unwrap_or_else(|| panic!("no next: {journal:#?}")),
        }
    }
}
