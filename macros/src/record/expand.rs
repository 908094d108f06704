//! The tokens of `#[record]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Pat, ReturnType};

use super::args::Args;
use super::signature::Checked;
use crate::body::{block, pinned_return};
use crate::function::Function;
use crate::options::option;
use crate::span::{macro_at, moved};

/// The function, with its body in a span:
///
/// ```text
/// async fn place(state: &State, message: &SqsMessage) -> Result<(), Error> {
///     let recording = ::ddlambda::__private::Recording::begin(
///         &::ddlambda::__private::Record { function: "place", resource: None, parent: Parent::Link },
///         || { .. },  // what the record says, see `look`
///     );
///     let result = recording
///         .run(async move {
///             let message = message;
///             if let .. { .. }  // see `pinned_return`
///             { /* the body as written */ }
///         })
///         .await;
///     recording.end({ .. });  // the error, see `failure`
///     result
/// }
/// ```
///
/// For a function that is not `async`, `.call(move || { .. })` replaces `.run(async move { .. }).await`. The output of
/// `#[async_trait]` is expanded within its `Box::pin(async move { .. })`.
pub(crate) fn record(args: &Args, function: &Function, checked: &Checked) -> TokenStream {
    let body = match &checked.boxed {
        None => {
            let pinned = pinned_return(&function.sig.output);
            let body = block(&function.braces, &function.body);
            let body = quote!(#pinned #body);
            traced(args, checked, body, function.sig.asyncness.is_some())
        }
        Some(boxed) => {
            let pin = &boxed.pin;
            let body = block(&boxed.braces, &boxed.body);
            let traced = traced(args, checked, body, true);
            quote_spanned!(Span::mixed_site()=> #pin(async move { #traced }))
        }
    };
    function.with_body(&checked.sig, body)
}

fn traced(args: &Args, checked: &Checked, body: TokenStream, waits: bool) -> TokenStream {
    // Errors about the result concern what the function returns.
    let at = match &checked.sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => checked.sig.ident.span(),
    };
    let span = macro_at(at);
    let root = moved(&args.root, at);
    let private = quote_spanned!(span=> #root::__private);
    let function = checked.sig.ident.unraw().to_string();
    let resource = option(args.resource.as_ref());
    let parent = args.parent;
    let look = look(&private, checked);
    let failure = failure(&private);
    let binding = binding(&checked.pattern, &checked.record);
    let result = if waits {
        quote_spanned!(span=> recording.run(async move { #binding #body }).await)
    } else {
        quote_spanned!(span=> recording.call(move || { #binding #body }))
    };
    quote_spanned! {span=>
        let recording = #private::Recording::begin(
            &#private::Record {
                function: #function,
                resource: #resource,
                parent: #private::Parent::#parent,
            },
            #look,
        );
        let result = #result;
        recording.end(#failure);
        result
    }
}

/// What the record is known to hold here: trace headers, or its JSON form.
///
/// ```text
/// || {
///     use ::ddlambda::__private::{ViaNothing as _, ViaSerialize as _, ViaSilence as _, ViaTraceCarrier as _};
///     let probe = &::ddlambda::__private::RecordProbe(&*message);
///     (probe.carrier(), probe.json())
/// }
/// ```
fn look(private: &TokenStream, checked: &Checked) -> TokenStream {
    let record = &checked.record;
    let star = checked.borrowed.then(|| quote!(*));
    quote_spanned! {Span::mixed_site()=>
        || {
            use #private::{ViaNothing as _, ViaSerialize as _, ViaSilence as _, ViaTraceCarrier as _};
            let probe = &#private::RecordProbe(&#star #record);
            (probe.carrier(), probe.json())
        }
    }
}

/// The failure, if the type of the result can express one.
///
/// ```text
/// {
///     use ::ddlambda::__private::{ViaAnything as _, ViaDebug as _, ViaDisplay as _, ViaErr as _, ViaError as _};
///     (&&&&&::ddlambda::__private::ResultProbe(&result)).failure()
/// }
/// ```
fn failure(private: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        {
            use #private::{ViaAnything as _, ViaDebug as _, ViaDisplay as _, ViaErr as _, ViaError as _};
            (&&&&&#private::ResultProbe(&result)).failure()
        }
    }
}

/// Binds the record in the body, so that the compiler checks whether it is used, and changed.
fn binding(pattern: &Pat, record: &Ident) -> Option<TokenStream> {
    let ignored = matches!(pattern, Pat::Wild(_));
    (!ignored).then(|| quote_spanned!(Span::mixed_site()=> let #pattern = #record;))
}
