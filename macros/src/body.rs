//! What the attributes on functions do with a body: they move it, and do not inspect it.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    braced, parenthesized, token, FnArg, Pat, PatType, Path, ReturnType, Signature, Token, Type,
};

use crate::function::Function;
use crate::span::macro_at;

/// `Box::pin(async move { .. })`, the form in which `#[async_trait]` leaves the body of an `async fn`.
pub(crate) struct Boxed {
    /// `Box::pin`.
    pub(crate) pin: Path,
    pub(crate) braces: token::Brace,
    pub(crate) body: TokenStream,
}

impl Boxed {
    /// The boxed future in the body of a function without `async`, if it is one.
    pub(crate) fn of(function: &Function) -> Option<Self> {
        match function.sig.asyncness {
            Some(_) => None,
            None => Self::parse(&function.body),
        }
    }

    fn parse(body: &TokenStream) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let pin = input.call(Path::parse_mod_style)?;
            let (call, block);
            parenthesized!(call in input);
            call.parse::<Token![async]>()?;
            call.parse::<Token![move]>()?;
            let braces = braced!(block in call);
            Ok(Self {
                pin,
                braces,
                body: block.parse()?,
            })
        };
        let boxed: Self = parser.parse2(body.clone()).ok()?;
        let last = boxed.pin.segments.last()?;
        (last.ident.unraw() == "pin").then_some(boxed)
    }
}

/// The parameters except `self`, with their positions.
pub(crate) fn typed_parameters(sig: &Signature) -> Vec<(usize, &PatType)> {
    let inputs = sig.inputs.iter().enumerate();
    inputs
        .filter_map(|(index, input)| match input {
            FnArg::Typed(typed) => Some((index, typed)),
            FnArg::Receiver(_) => None,
        })
        .collect()
}

/// Replaces a pattern by a name, its own or else `name`, and returns that name and the pattern.
pub(crate) fn take_pattern(pattern: &mut Pat, name: &str) -> (Ident, Pat) {
    let name = plain_name(pattern).unwrap_or_else(|| Ident::new(name, Span::mixed_site()));
    let written = std::mem::replace(pattern, syn::parse_quote!(#name));
    (name, written)
}

/// The name in `event` and `mut event`: kept, so that attributes below still see the parameter.
pub(crate) fn plain_name(pat: &Pat) -> Option<Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            // `_event` and the like are names as well; a constant would not be a valid pattern here.
            Some(pat.ident.clone())
        }
        _ => None,
    }
}

/// Gives the compiler the type of the result before it checks the body:
///
/// ```text
/// if let Some(result) = None::<Result<_, Error>> {
///     return result;
/// }
/// ```
///
/// Without it `?` could not infer the error type, and a wrong `return` would be reported at the attribute.
pub(crate) fn pinned_return(output: &ReturnType) -> TokenStream {
    let (mut known, at) = match output {
        ReturnType::Type(_, ty) => ((**ty).clone(), ty.span()),
        ReturnType::Default => (syn::parse_quote!(()), Span::call_site()),
    };
    ImplTraitEraser.visit_type_mut(&mut known);
    quote_spanned! {macro_at(at)=>
        if let ::core::option::Option::Some(result) = ::core::option::Option::None::<#known> {
            return result;
        }
    }
}

/// Turns `impl Trait` into `_`.
struct ImplTraitEraser;

impl VisitMut for ImplTraitEraser {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            *ty = syn::parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// The body in a block of its own.
///
/// Its braces have the location of the user's, so that a missing tail is reported there, but the hygiene of the macro, so
/// that no lint reports them as unnecessary.
pub(crate) fn block(braces: &token::Brace, body: &TokenStream) -> TokenStream {
    let mut group = Group::new(Delimiter::Brace, body.clone());
    group.set_span(braces.span.join().resolved_at(Span::mixed_site()));
    quote!(#group)
}
