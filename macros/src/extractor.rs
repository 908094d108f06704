//! `#[extractor]`: parse, check, expand.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{FnArg, GenericParam, Lifetime, LitStr, Path, ReturnType, Signature, Type};

use crate::diagnostics::Diagnostics;
use crate::function::Function;
use crate::options;
use crate::span::{macro_at, moved};

struct Args {
    name: Option<LitStr>,
    root: Path,
}

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let args = Args::parse(args, &mut errors);
    match syn::parse2::<Function>(item.clone()) {
        Ok(function) => {
            let payload = check(&function.sig, &mut errors);
            if let (Some(payload), true) = (payload, errors.is_empty()) {
                let registration = registration(&args, &function.sig, payload);
                return quote!(#item #registration);
            }
        }
        Err(error) => errors.push(error),
    }
    errors.with(item)
}

impl Args {
    fn parse(tokens: TokenStream, errors: &mut Diagnostics) -> Self {
        let mut args = Self {
            name: None,
            root: options::default_root(),
        };
        options::parse(tokens, errors, &["name", "crate"], |name, input, _| {
            match name {
                "name" => args.name = Some(options::text(name, input)?),
                _ => args.root = options::root(input)?,
            }
            Ok(())
        });
        args
    }
}

/// The type behind the `&` of the first parameter, if the signature is one that can be called by name.
fn check(sig: &Signature, errors: &mut Diagnostics) -> Option<Type> {
    for param in &sig.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            errors.error(
                param,
                "a registered extractor cannot be generic: it is called with the one type it names",
            );
        }
    }
    if let ReturnType::Default = sig.output {
        errors.error(
            &sig.ident,
            "a registered extractor returns what it found: write `-> Option<TraceContext>`",
        );
    }
    if let Some(receiver) = sig.receiver() {
        errors.error(
            receiver,
            "a registered extractor is a function of its own, not a method",
        );
        return None;
    }
    let mut inputs = sig.inputs.iter();
    let Some(FnArg::Typed(payload)) = inputs.next() else {
        errors.error(
            &sig.ident,
            "a registered extractor takes the event: add a parameter `payload: &T` or `raw: &RawEvent<'_>`",
        );
        return None;
    };
    for surplus in inputs.skip(1) {
        errors.error(
            surplus,
            "a registered extractor takes the event and, at most, the `&Context`",
        );
    }
    match unwrapped(&payload.ty) {
        Type::Reference(reference) if reference.mutability.is_none() => {
            Some(owned(&reference.elem))
        }
        other => {
            errors.error(
                other,
                "a registered extractor borrows the event: write `&T` or `&RawEvent<'_>`",
            );
            None
        }
    }
}

fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => unwrapped(&group.elem),
        other => other,
    }
}

/// The type as it can be written outside of the function, with its lifetimes inferred.
fn owned(ty: &Type) -> Type {
    struct Anonymous;
    impl VisitMut for Anonymous {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                *lifetime = Lifetime::new("'_", lifetime.span());
            }
        }
    }
    let mut ty = ty.clone();
    Anonymous.visit_type_mut(&mut ty);
    ty
}

/// The entry in the registry:
///
/// ```text
/// ::ddlambda::__private::inventory::submit! {
///     ::ddlambda::__private::Registered::new(None, module_path!(), "context", |raw| {
///         Box::pin(async move {
///             let payload = <Order as ::ddlambda::__private::FromRaw>::from_raw(raw)?;
///             ::ddlambda::__private::IntoTraceContext::into_trace_context(context(&payload).await)
///         })
///     })
/// }
/// ```
fn registration(args: &Args, sig: &Signature, payload: Type) -> TokenStream {
    // Spanned at the return type, which is at fault if an extractor cannot return it.
    let at = match &sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => sig.ident.span(),
    };
    let span = macro_at(at);
    let root = moved(&args.root, at);
    let private = quote_spanned!(span=> #root::__private);
    let function = &sig.ident;
    let function_name = function.unraw().to_string();
    let name = match &args.name {
        Some(name) => quote!(::core::option::Option::Some(#name)),
        None => quote!(::core::option::Option::None),
    };
    let context = (sig.inputs.len() == 2).then(|| quote_spanned!(span=> , raw.context()));
    let dot_await = sig.asyncness.map(|_| quote!(.await));
    quote_spanned! {span=>
        #private::inventory::submit! {
            #private::Registered::new(#name, ::core::module_path!(), #function_name, |raw| {
                ::std::boxed::Box::pin(async move {
                    let payload = <#payload as #private::FromRaw<'_>>::from_raw(raw)?;
                    #private::IntoTraceContext::into_trace_context(#function(&payload #context)#dot_await)
                })
            })
        }
    }
}
