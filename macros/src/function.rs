//! A function whose body is kept as tokens: the macros need nothing in it, and syntax that `syn` does not know is preserved.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{braced, token, Attribute, Result, Signature, Token, Visibility};

pub(crate) struct Function {
    /// Outer attributes, and the inner ones of the body.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) braces: token::Brace,
    pub(crate) body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let keywords = [
            input.peek(Token![const]),
            input.peek(Token![async]),
            input.peek(Token![unsafe]),
            input.peek(Token![extern]),
            input.peek(Token![fn]),
        ];
        if !keywords.contains(&true) {
            return Err(input.error("expected `fn`: the attribute goes on a function or method"));
        }
        let sig = input.parse()?;
        if input.peek(Token![;]) {
            return Err(
                input.error("expected a body: the attribute goes on the function that has one")
            );
        }
        let content;
        let braces = braced!(content in input);
        attrs.extend(content.call(Attribute::parse_inner)?);
        Ok(Self {
            attrs,
            vis,
            sig,
            braces,
            body: content.parse()?,
        })
    }
}

impl Function {
    /// The function with another body, between the braces that the user typed: with others, the compiler would not warn
    /// about a function that is never used.
    pub(crate) fn with_body(&self, sig: &Signature, body: TokenStream) -> TokenStream {
        let mut tokens = TokenStream::new();
        let inner = |attr: &&Attribute| matches!(attr.style, syn::AttrStyle::Inner(_));
        self.attrs
            .iter()
            .filter(|attr| !inner(attr))
            .for_each(|attr| attr.to_tokens(&mut tokens));
        self.vis.to_tokens(&mut tokens);
        sig.to_tokens(&mut tokens);
        self.braces.surround(&mut tokens, |tokens| {
            self.attrs
                .iter()
                .filter(inner)
                .for_each(|attr| attr.to_tokens(tokens));
            tokens.extend(body);
        });
        tokens
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.with_body(&self.sig, self.body.clone()));
    }
}
