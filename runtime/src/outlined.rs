//! Keeps a future's code in one place.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

pin_project! {
    /// A future whose code exists once in the program. An executor polls the future of `main` in several places, and
    /// everything inlined into it would be copied to each of them: tens of kilobytes.
    pub(crate) struct Outlined<F> {
        #[pin]
        future: F,
    }
}

impl<F> Outlined<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future> Future for Outlined<F> {
    type Output = F::Output;

    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}
