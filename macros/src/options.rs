//! `key = value, ..`: the syntax of every attribute's options.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, ToTokens};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, LitStr, Path, Result, Token};

use crate::diagnostics::Diagnostics;

/// Parses options: `value` is called with each key, one of `known`, and parses what follows the `=`.
///
/// After a mistake it continues after the next comma, so that every mistake is reported.
pub(crate) fn parse(
    tokens: TokenStream,
    errors: &mut Diagnostics,
    known: &[&str],
    mut value: impl FnMut(&str, ParseStream<'_>, &mut Diagnostics) -> Result<()>,
) {
    let mut seen = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let option =
                key(input, known, &mut seen, errors).and_then(|name| value(&name, input, errors));
            let option = option.and_then(|()| {
                if input.is_empty() {
                    Ok(())
                } else {
                    comma(input)
                }
            });
            if let Err(error) = option {
                errors.push(error);
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
                input.parse::<Option<Token![,]>>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
}

/// Parses a key, which must be known and new, and the `=`.
fn key(
    input: ParseStream<'_>,
    known: &[&str],
    seen: &mut Vec<String>,
    errors: &mut Diagnostics,
) -> Result<String> {
    let one_of = || {
        let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        let lead = if names.len() > 1 { "one of: " } else { "" };
        format!("{lead}{}", names.join(", "))
    };
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected {}", one_of())));
    }
    let key = input.call(Ident::parse_any)?;
    let name = key.to_string();
    if !known.contains(&name.as_str()) {
        return Err(Error::new(
            key.span(),
            format!("unknown option `{name}`, expected {}", one_of()),
        ));
    }
    if seen.contains(&name) {
        errors.error(&key, format!("`{name}` is set twice"));
    }
    seen.push(name.clone());
    if !input.peek(Token![=]) {
        return Err(Error::new(
            key.span(),
            format!("`{name}` needs a value: `{name} = ..`"),
        ));
    }
    input.parse::<Token![=]>()?;
    Ok(name)
}

fn comma(input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![,]>().map(drop)
}

/// Parses a string that is not blank.
pub(crate) fn text(name: &str, input: ParseStream<'_>) -> Result<LitStr> {
    if !input.peek(LitStr) {
        return Err(input.error(format!("`{name}` takes a string: `{name} = \"..\"`")));
    }
    let text: LitStr = input.parse()?;
    if text.value().trim().is_empty() {
        return Err(Error::new(
            text.span(),
            format!("`{name}` must not be empty"),
        ));
    }
    Ok(text)
}

/// Parses the value of `crate = ..`.
pub(crate) fn root(input: ParseStream<'_>) -> Result<Path> {
    if input.peek(LitStr) {
        return Err(input.error("write the path without quotes: `crate = path::to::ddlambda`"));
    }
    input.call(Path::parse_mod_style)
}

/// The path of the crate `ddlambda` without `crate = ..`.
pub(crate) fn default_root() -> Path {
    syn::parse_quote_spanned!(Span::mixed_site()=> ::ddlambda)
}

/// What an incoming trace context is used for: the value of `parent = ..`.
#[derive(Clone, Copy)]
pub(crate) enum Parent {
    Child,
    Link,
}

impl Parent {
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let text = text("parent", input)?;
        match text.value().as_str() {
            "child" => Ok(Self::Child),
            "link" => Ok(Self::Link),
            _ => Err(Error::new(
                text.span(),
                "`parent` is either `\"child\"` or `\"link\"`",
            )),
        }
    }
}

/// The name of the variant.
impl ToTokens for Parent {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Child => quote!(Child),
            Self::Link => quote!(Link),
        });
    }
}

/// An option's text as the tokens of an `Option`.
pub(crate) fn option(text: Option<&LitStr>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
