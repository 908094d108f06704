//! `#[record]`: parse, check, expand.

mod args;
mod expand;
mod signature;

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::diagnostics::Diagnostics;
use crate::function::Function;
use args::Args;
use signature::Checked;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let args = Args::parse(args, &mut errors);
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            return errors.with(item);
        }
    };
    let checked = Checked::new(&args, &function, &mut errors);
    match checked {
        Some(checked) if errors.is_empty() => expand::record(&args, &function, &checked),
        // An invalid function is still emitted, or every use of it would be another error.
        _ => errors.with(function.into_token_stream()),
    }
}
