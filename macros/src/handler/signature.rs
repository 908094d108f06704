//! Finds the event among the parameters, and checks that the rest of the signature is that of a handler.

use proc_macro2::Ident;
use syn::{Attribute, FnArg, Pat, ReturnType, Signature, Type};

use crate::body::{take_pattern, typed_parameters, Boxed};
use crate::diagnostics::Diagnostics;
use crate::function::Function;

/// A function that can be expanded.
pub(crate) struct Checked {
    /// The signature to emit: as written, except for the event's pattern, which moves into the body.
    pub(crate) sig: Signature,
    /// The name of the event's parameter in it.
    pub(crate) event: Ident,
    /// The event's pattern, as written.
    pub(crate) pattern: Pat,
    /// The event's type.
    pub(crate) ty: Type,
    /// `Some` if `#[async_trait]` has already been expanded.
    pub(crate) boxed: Option<Boxed>,
}

impl Checked {
    /// Checks `function`, and removes the `#[event]` marks from its parameters; `None` if there is no event.
    pub(crate) fn new(function: &mut Function, errors: &mut Diagnostics) -> Option<Self> {
        let marked = take_marks(&mut function.sig, errors);
        let sig = &function.sig;
        if sig.ident == "main" {
            errors.error(
                &sig.ident,
                "`main` is not a handler: put `#[handler]` on the function that takes the event, and call `ddlambda::run(service_fn(handler))` in `main`",
            );
            return None;
        }
        let boxed = Boxed::of(function);
        if sig.asyncness.is_none() && boxed.is_none() {
            errors.error(
                sig.fn_token,
                "a `#[handler]` function must be `async`: write `async fn`",
            );
        } else if matches!(sig.output, ReturnType::Default) {
            errors.error(
                &sig.ident,
                "a `#[handler]` function must return `Result<R, E>`: write `-> Result<(), lambda_runtime::Error>`",
            );
        }
        let index = marked.or_else(|| find_event(sig, errors))?;
        let mut sig = sig.clone();
        let Some(FnArg::Typed(event)) = sig.inputs.iter_mut().nth(index) else {
            return None;
        };
        let ty = (*event.ty).clone();
        let (name, pattern) = take_pattern(&mut event.pat, "__ddlambda_event");
        Some(Self {
            sig,
            event: name,
            pattern,
            ty,
            boxed,
        })
    }
}

/// Removes the `#[event]` marks, which are not real attributes, and finds the one parameter that has one.
fn take_marks(sig: &mut Signature, errors: &mut Diagnostics) -> Option<usize> {
    let mut marked = None;
    for (index, input) in sig.inputs.iter_mut().enumerate() {
        let (attrs, receiver) = match input {
            FnArg::Receiver(receiver) => (&mut receiver.attrs, true),
            FnArg::Typed(typed) => (&mut typed.attrs, false),
        };
        let is_mark = |attr: &Attribute| attr.path().is_ident("event");
        let Some(mark) = attrs.iter().position(is_mark).map(|at| attrs[at].clone()) else {
            continue;
        };
        attrs.retain(|attr| !is_mark(attr));
        if receiver {
            errors.error(mark, "`self` is not the event");
        } else if marked.is_some() {
            errors.error(
                mark,
                "`#[event]` marks two parameters; a handler has one event",
            );
        } else {
            if mark.meta.require_path_only().is_err() {
                errors.error(&mark, "`#[event]` takes no arguments");
            }
            marked = Some(index);
        }
    }
    marked
}

/// The parameter of type `LambdaEvent` or `Request`, or else the only one. The position does not help: functions take the
/// event first as often as last.
fn find_event(sig: &Signature, errors: &mut Diagnostics) -> Option<usize> {
    let typed = typed_parameters(sig);
    let events: Vec<_> = typed
        .iter()
        .filter(|(_, typed)| is_event(&typed.ty))
        .collect();
    if let [(index, _), others @ ..] = events.as_slice() {
        for (_, other) in others {
            errors.error(
                &other.ty,
                "a second parameter that looks like the event: mark the right one with `#[event]`",
            );
        }
        return Some(*index);
    }
    if let Some((_, typed)) = typed.iter().find(|(_, typed)| borrowed_event(&typed.ty)) {
        errors.error(
            &typed.ty,
            "a `#[handler]` function takes the event by value: remove the `&`",
        );
        return None;
    }
    match typed.as_slice() {
        [] => errors.error(
            &sig.ident,
            "a `#[handler]` function takes the event: add a parameter `event: LambdaEvent<T>`",
        ),
        [(index, _)] => return Some(*index),
        several => errors.error(
            several[0].1,
            "cannot tell which parameter is the event: mark it with `#[event]`, as in `#[event] event: MyEvent`",
        ),
    }
    None
}

/// Whether this is `LambdaEvent<..>` or `Request` by the last segment of its path.
fn is_event(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_event(&group.elem),
        Type::Paren(paren) => is_event(&paren.elem),
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "LambdaEvent" || last.ident == "Request")
        }
        _ => false,
    }
}

fn borrowed_event(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => borrowed_event(&group.elem),
        Type::Reference(reference) => is_event(&reference.elem),
        _ => false,
    }
}
