//! Where errors in expansions are reported.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The hygiene of a macro, at a location that the user typed.
pub(crate) fn macro_at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// `tokens` as if written at `place`; name resolution stays the same.
///
/// An error in an expression is reported from its first to its last token, so a path must be moved as a whole.
pub(crate) fn moved(tokens: impl ToTokens, place: Span) -> TokenStream {
    let tokens = tokens.into_token_stream().into_iter();
    tokens
        .map(|mut token| {
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}
