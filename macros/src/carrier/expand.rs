//! The tokens of `#[derive(TraceCarrier)]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned, ToTokens};
use syn::spanned::Spanned;
use syn::{Path, Type};

use super::ast::{Field, Input, Kind, Variant};
use crate::span::{macro_at, moved};

/// The implementation:
///
/// ```text
/// #[automatically_derived]
/// impl<T> ::ddlambda::TraceCarrier for Message<T> where T: ::ddlambda::TraceCarrier {
///     fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
///         match self {
///             Self::Placed { headers: carrier0, .. } => ::ddlambda::TraceCarrier::each(carrier0, visit),
///             Self::Event { traceparent: carrier0, .. } => visit("traceparent", carrier0),
///             _ => {}
///         }
///     }
///     fn set(&mut self, name: &'static str, value: String) { /* the same with `&mut` fields */ }
///     fn remove(&mut self, name: &'static str) { /* the same */ }
/// }
/// ```
pub(crate) fn carrier(mut input: Input) -> TokenStream {
    add_bounds(&mut input);
    let root = &input.root;
    let each = input
        .variants
        .iter()
        .map(|variant| arm(variant, |binding, field, _| each(root, binding, field)));
    let set = input.variants.iter().map(|variant| {
        arm(variant, |binding, field, last| {
            set(root, binding, field, last)
        })
    });
    let remove = input
        .variants
        .iter()
        .map(|variant| arm(variant, |binding, field, _| remove(root, binding, field)));
    let rest = input
        .variants
        .iter()
        .any(|variant| variant.carriers.is_empty());
    let rest = rest.then(|| quote!(_ => {}));
    implementation(
        &input,
        quote_spanned!(Span::mixed_site()=> match self { #(#each)* #rest }),
        quote_spanned!(Span::mixed_site()=> match self { #(#set)* #rest }),
        quote_spanned!(Span::mixed_site()=> match self { #(#remove)* #rest }),
    )
}

/// The implementation that does nothing, for an invalid type.
pub(crate) fn empty(input: Input) -> TokenStream {
    let nothing = quote_spanned!(Span::mixed_site()=> let _ = (name, value););
    let visit_nothing = quote_spanned!(Span::mixed_site()=> let _ = visit;);
    let remove_nothing = quote_spanned!(Span::mixed_site()=> let _ = name;);
    implementation(&input, visit_nothing, nothing, remove_nothing)
}

fn implementation(
    input: &Input,
    each: TokenStream,
    set: TokenStream,
    remove: TokenStream,
) -> TokenStream {
    let Input {
        ident,
        generics,
        root,
        ..
    } = input;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #impl_generics #root::TraceCarrier for #ident #ty_generics #where_clause {
            fn each(&self, visit: &mut dyn ::core::ops::FnMut(&str, &str)) {
                #each
            }

            fn set(&mut self, name: &'static str, value: ::std::string::String) {
                #set
            }

            fn remove(&mut self, name: &'static str) {
                #remove
            }
        }
    }
}

/// One arm of the `match`, with a statement for each carrier; `None` for a variant without any.
fn arm(
    variant: &Variant,
    statement: impl Fn(&Ident, &Field, bool) -> TokenStream,
) -> Option<TokenStream> {
    let last = variant.carriers.len().checked_sub(1)?;
    let ident = variant.ident.iter();
    let members = variant.carriers.iter().map(|field| &field.member);
    let bindings: Vec<Ident> = (0..=last)
        .map(|index| format_ident!("carrier{index}", span = Span::mixed_site()))
        .collect();
    let statements = variant.carriers.iter().zip(&bindings).enumerate();
    let statements =
        statements.map(|(index, (field, binding))| statement(binding, field, index == last));
    Some(quote_spanned! {Span::mixed_site()=>
        Self #(::#ident)* { #(#members: #bindings,)* .. } => { #(#statements)* }
    })
}

fn each(root: &Path, binding: &Ident, field: &Field) -> TokenStream {
    match &field.kind {
        Kind::Carrier => {
            let visit = quote_spanned!(Span::mixed_site()=> visit);
            call(root, "each", binding, &field.ty, visit)
        }
        // A missing header is often an empty string.
        Kind::Header(name) => quote_spanned! {Span::mixed_site()=>
            if !#binding.is_empty() {
                visit(#name, #binding);
            }
        },
        Kind::OptionalHeader(name) => quote_spanned! {Span::mixed_site()=>
            if let ::core::option::Option::Some(value) = #binding {
                visit(#name, value);
            }
        },
    }
}

/// The last carrier takes the value, the others get copies.
fn set(root: &Path, binding: &Ident, field: &Field, last: bool) -> TokenStream {
    let value = if last {
        quote_spanned!(Span::mixed_site()=> value)
    } else {
        quote_spanned!(Span::mixed_site()=> ::core::clone::Clone::clone(&value))
    };
    let (name, value) = match &field.kind {
        Kind::Carrier => {
            let rest = quote_spanned!(Span::mixed_site()=> name, #value);
            return call(root, "set", binding, &field.ty, rest);
        }
        Kind::Header(name) => (name, value),
        Kind::OptionalHeader(name) => (name, quote!(::core::option::Option::Some(#value))),
    };
    quote_spanned! {Span::mixed_site()=>
        if name == #name {
            *#binding = #value;
        }
    }
}

fn remove(root: &Path, binding: &Ident, field: &Field) -> TokenStream {
    let name = match &field.kind {
        Kind::Carrier => {
            let name = quote_spanned!(Span::mixed_site()=> name);
            return call(root, "remove", binding, &field.ty, name);
        }
        Kind::Header(name) | Kind::OptionalHeader(name) => name,
    };
    quote_spanned! {Span::mixed_site()=>
        if name == #name {
            *#binding = ::core::default::Default::default();
        }
    }
}

/// A call of a trait method, located at the field's type, which is at fault if it is not a carrier.
fn call(root: &Path, method: &str, binding: &Ident, ty: &Type, rest: TokenStream) -> TokenStream {
    let method = Ident::new(method, Span::mixed_site());
    let function = moved(quote!(#root::TraceCarrier::#method), ty.span());
    let binding = moved(binding, ty.span());
    quote_spanned!(macro_at(ty.span())=> #function(#binding, #rest);)
}

/// The type is a carrier only if its carriers that depend on a type parameter are.
fn add_bounds(input: &mut Input) {
    let params: Vec<Ident> = input
        .generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    let fields = input.variants.iter().flat_map(|variant| &variant.carriers);
    let nested = fields
        .filter(|field| matches!(field.kind, Kind::Carrier))
        .map(|field| &field.ty);
    let generic: Vec<&Type> = nested
        .filter(|ty| mentions(ty.to_token_stream(), &params))
        .collect();
    if !generic.is_empty() {
        let root = &input.root;
        let predicates = &mut input.generics.make_where_clause().predicates;
        predicates.extend(
            generic
                .iter()
                .map(|ty| -> syn::WherePredicate { syn::parse_quote!(#ty: #root::TraceCarrier) }),
        );
    }
}

fn mentions(tokens: TokenStream, params: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => params.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), params),
        _ => false,
    })
}
