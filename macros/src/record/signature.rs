//! Finds the record among the parameters.

use proc_macro2::Ident;
use syn::{
    FnArg, GenericArgument, Pat, PathArguments, PathSegment, ReturnType, Signature, Type,
    TypeParamBound,
};

use super::args::Args;
use crate::body::{plain_name, take_pattern, typed_parameters, Boxed};
use crate::diagnostics::Diagnostics;
use crate::function::Function;

/// A function that can be expanded.
pub(crate) struct Checked {
    /// The signature to emit: as written, except for the record's pattern, which moves into the body.
    pub(crate) sig: Signature,
    /// The name of the record's parameter in it.
    pub(crate) record: Ident,
    /// The record's pattern, as written.
    pub(crate) pattern: Pat,
    /// Whether the record is borrowed, judging by the syntax.
    pub(crate) borrowed: bool,
    /// `Some` if the body is a boxed future, as `#[async_trait]` leaves it.
    pub(crate) boxed: Option<Boxed>,
}

/// The records of `aws_lambda_events`.
const RECORDS: &[&str] = &[
    "SqsMessage",
    "SqsMessageObj",
    "SnsRecord",
    "SnsRecordObj",
    "KinesisEventRecord",
    "EventRecord",
    "S3EventRecord",
    "KafkaRecord",
    "MskRecord",
];

/// Events, which contain records but are not records.
const EVENTS: &[&str] = &[
    "LambdaEvent",
    "SqsEvent",
    "SqsEventObj",
    "SnsEvent",
    "SnsEventObj",
    "KinesisEvent",
    "S3Event",
    "KafkaEvent",
];

impl Checked {
    /// Checks `function`; `None` if there is no record.
    pub(crate) fn new(args: &Args, function: &Function, errors: &mut Diagnostics) -> Option<Self> {
        let sig = &function.sig;
        if let Some(keyword) = &sig.constness {
            errors.error(
                keyword,
                "a `#[record]` function cannot be `const`: remove it",
            );
        }
        let boxed = Boxed::of(function);
        if sig.asyncness.is_none() && returns_future(&sig.output) {
            errors.error(
                sig.fn_token,
                "a `#[record]` function that waits must be `async`: write `async fn`, and what the future resolves to as the return type",
            );
        }
        let index = match &args.record {
            Some(name) => named(sig, name, errors),
            None => find(sig, errors),
        }?;
        let mut sig = sig.clone();
        let Some(FnArg::Typed(record)) = sig.inputs.iter_mut().nth(index) else {
            return None;
        };
        if !is_one(&record.ty, errors) {
            return None;
        }
        let borrowed = matches!(ungrouped(&record.ty), Type::Reference(_));
        let (name, pattern) = take_pattern(&mut record.pat, "__ddlambda_record");
        Some(Self {
            sig,
            record: name,
            pattern,
            borrowed,
            boxed,
        })
    }
}

/// The parameter that `record = ..` names.
fn named(sig: &Signature, name: &Ident, errors: &mut Diagnostics) -> Option<usize> {
    let found = sig.inputs.iter().position(|input| match input {
        FnArg::Typed(typed) => plain_name(&typed.pat).is_some_and(|known| known == *name),
        FnArg::Receiver(_) => false,
    });
    match found {
        None if name == "self" => errors.error(
            name,
            "`self` is not the record: take it as a parameter of its own",
        ),
        None => errors.error(name, format!("there is no parameter `{name}`")),
        Some(_) => {}
    }
    found
}

/// The parameter whose type is that of a record, or else the only one.
fn find(sig: &Signature, errors: &mut Diagnostics) -> Option<usize> {
    let typed = typed_parameters(sig);
    let mut records = typed.iter().filter(|(_, typed)| is_record(&typed.ty));
    if let Some((index, _)) = records.next() {
        for (_, other) in records {
            errors.error(
                &other.ty,
                "a second parameter that looks like the record: name the right one, as in `#[ddlambda::record(record = message)]`",
            );
        }
        return Some(*index);
    }
    match typed.as_slice() {
        [] => errors.error(
            &sig.ident,
            "a `#[record]` function takes the record: add a parameter, as in `record: SqsMessage`",
        ),
        [(index, _)] => return Some(*index),
        several => errors.error(
            several[0].1,
            "cannot tell which parameter is the record: name it, as in `#[ddlambda::record(record = message)]`",
        ),
    }
    None
}

/// Whether the type may be that of a single record.
fn is_one(ty: &Type, errors: &mut Diagnostics) -> bool {
    let many = match ungrouped(ty) {
        Type::Reference(reference) => return is_one(&reference.elem, errors),
        Type::Slice(slice) => is_record(&slice.elem),
        _ => last_segment(ty).is_some_and(|last| last.ident == "Vec" && holds_records(last)),
    };
    if many {
        errors.error(
            ty,
            "a `#[record]` function takes one record: call it for each of them",
        );
        return false;
    }
    if let Some(event) = last_segment(ty).filter(|last| is(last, EVENTS)) {
        errors.error(
            ty,
            format!("`{}` is a whole event: put `#[record]` on the function that takes one of its records, and `#[handler]` on this one", event.ident),
        );
        return false;
    }
    true
}

fn holds_records(segment: &PathSegment) -> bool {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return false;
    };
    arguments.args.iter().any(|argument| match argument {
        GenericArgument::Type(ty) => is_record(ty),
        _ => false,
    })
}

fn returns_future(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    let Type::ImplTrait(opaque) = ungrouped(ty) else {
        return false;
    };
    opaque.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| last.ident == "Future")
        }
        _ => false,
    })
}

fn is_record(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|last| is(last, RECORDS))
}

fn is(segment: &PathSegment, names: &[&str]) -> bool {
    names.iter().any(|name| segment.ident == name)
}

/// The name of a type, behind references.
fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungrouped(ty) {
        Type::Reference(reference) => last_segment(&reference.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type without parentheses, and without the invisible groups of `macro_rules!`.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        other => other,
    }
}
