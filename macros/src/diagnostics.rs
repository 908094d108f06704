//! Errors, collected so that one compilation shows all of them.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: Option<Error>,
}

impl Diagnostics {
    /// Adds a mistake at `culprit`, tokens that the user typed.
    pub(crate) fn error(&mut self, culprit: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(culprit, message));
    }

    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_none()
    }

    /// The fallback expansion, followed by a `compile_error!` for each mistake.
    pub(crate) fn with(self, mut fallback: TokenStream) -> TokenStream {
        fallback.extend(self.errors.map(Error::into_compile_error));
        fallback
    }
}
