//! Where errors in expansions are reported.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The hygiene of a macro, at a place that the user typed.
pub(crate) fn macro_at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// `tokens` as if they stood at `place`; what their names mean stays the same.
///
/// An expression is reported where its first and last tokens are, so a path must be moved as a whole.
pub(crate) fn moved(tokens: impl ToTokens, place: Span) -> TokenStream {
    let tokens = tokens.into_token_stream().into_iter();
    tokens
        .map(|mut token| {
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}
