//! `#[derive(TraceCarrier)]`: parse, check, expand.

mod ast;
mod expand;

use proc_macro2::TokenStream;

use crate::diagnostics::Diagnostics;
use ast::Input;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let input = match syn::parse2(item) {
        Ok(input) => Input::new(input, &mut errors),
        Err(error) => {
            errors.push(error);
            return errors.with(TokenStream::new());
        }
    };
    if errors.is_empty() {
        expand::carrier(input)
    } else {
        // An invalid type is still a carrier, or every use of it as one would be another error.
        errors.with(expand::empty(input))
    }
}
