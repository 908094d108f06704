//! The tokens of `#[handler]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::ReturnType;

use super::args::Args;
use super::signature::Checked;
use crate::body::{block, pinned_return};
use crate::function::Function;
use crate::options::option;
use crate::span::{macro_at, moved};

/// The function, with its body passed to the runtime:
///
/// ```text
/// async fn place(state: &State, event: LambdaEvent<Order>) -> Result<impl Serialize, Error> {
///     ::ddlambda::__private::invoke(
///         &::ddlambda::__private::Handler { service: None, resource: None, parent: Parent::Child },
///         ::ddlambda::__private::NoExtractor,
///         { .. },  // the carrier, see `carrier`
///         event,
///         move |event| async move {
///             if let .. { .. }  // see `pinned_return`
///             { /* the body as written */ }
///         },
///     )
///     .await
/// }
/// ```
///
/// The output of `#[async_trait]` is expanded within its `Box::pin(async move { .. })`.
pub(crate) fn handler(args: &Args, function: &Function, checked: &Checked) -> TokenStream {
    let body = match &checked.boxed {
        None => {
            let pinned = pinned_return(&function.sig.output);
            let body = block(&function.braces, &function.body);
            invoke(args, checked, quote!(#pinned #body))
        }
        Some(boxed) => {
            let pin = &boxed.pin;
            let invoke = invoke(args, checked, block(&boxed.braces, &boxed.body));
            quote_spanned!(Span::mixed_site()=> #pin(async move { #invoke }))
        }
    };
    function.with_body(&checked.sig, body)
}

/// The call that replaces the body; as the tail of the function it gives the best errors.
fn invoke(args: &Args, checked: &Checked, body: TokenStream) -> TokenStream {
    // Errors about the call as a whole concern what the function returns.
    let at = match &checked.sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => checked.sig.ident.span(),
    };
    let span = macro_at(at);
    let root = moved(&args.root, at);
    let private = quote_spanned!(span=> #root::__private);
    let service = option(args.service.as_ref());
    let resource = option(args.resource.as_ref());
    let parent = args.parent;
    let extractor = match &args.extractor {
        Some(extractor) => quote!(#extractor),
        None => quote!(#private::NoExtractor),
    };
    let carrier = carrier(&private, &checked.event);
    let pattern = &checked.pattern;
    // At the type, where an event of the wrong type should be reported.
    let mut event = checked.event.clone();
    event.set_span(event.span().located_at(checked.ty.span()));
    quote_spanned! {span=>
        #private::invoke(
            &#private::Handler {
                service: #service,
                resource: #resource,
                parent: #private::Parent::#parent,
            },
            #extractor,
            #carrier,
            #event,
            move |#pattern| async move { #body },
        )
        .await
    }
}

/// The trace headers of the event, if its payload is known to be a carrier here:
///
/// ```text
/// {
///     use ::ddlambda::__private::{ViaNothing as _, ViaTraceCarrier as _};
///     let carrier = (&::ddlambda::__private::CarrierProbe(&event)).carrier();
///     carrier
/// }
/// ```
///
/// Without the `let` the probe would live across the `.await`, and require a payload that is `Sync`.
fn carrier(private: &TokenStream, event: &Ident) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        {
            use #private::{ViaNothing as _, ViaTraceCarrier as _};
            let carrier = (&#private::CarrierProbe(&#event)).carrier();
            carrier
        }
    }
}
