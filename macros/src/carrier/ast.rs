//! The carriers of a `#[derive(TraceCarrier)]` type.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, Generics, Ident, LitStr, Member, Meta, Path, Token,
    Type,
};

use crate::diagnostics::Diagnostics;
use crate::options;

pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// The path of the crate `ddlambda`.
    pub(crate) root: Path,
    pub(crate) variants: Vec<Variant>,
}

/// A variant of an enum, or the whole of a struct.
pub(crate) struct Variant {
    /// `None` for a struct.
    pub(crate) ident: Option<Ident>,
    pub(crate) carriers: Vec<Field>,
}

/// A field that holds trace headers.
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// The field's type is a `TraceCarrier`.
    Carrier,
    /// A `String` that is the value of one header.
    Header(String),
    /// An `Option<String>` that is the value of one header.
    OptionalHeader(String),
}

impl Input {
    pub(crate) fn new(input: DeriveInput, errors: &mut Diagnostics) -> Self {
        let root = container_root(&input.attrs, errors);
        let mut variants = Vec::new();
        match input.data {
            Data::Struct(data) => variants.push(Variant::new(None, data.fields, errors)),
            Data::Enum(data) => {
                for variant in data.variants {
                    if let Some(mark) = marks(&variant.attrs).next() {
                        errors.error(mark, "`#[trace_carrier]` goes on a field of the variant");
                    }
                    variants.push(Variant::new(Some(variant.ident), variant.fields, errors));
                }
            }
            Data::Union(data) => {
                errors.error(data.union_token, "a union cannot be a trace carrier")
            }
        }
        let has_carrier = variants.iter().any(|variant| !variant.carriers.is_empty());
        if !has_carrier && errors.is_empty() {
            errors.error(
                &input.ident,
                "no field holds trace headers: mark one with `#[trace_carrier]`, such as `#[trace_carrier] _datadog: ddlambda::Carrier`",
            );
        }
        Self {
            ident: input.ident,
            generics: input.generics,
            root,
            variants,
        }
    }
}

impl Variant {
    fn new(ident: Option<Ident>, fields: Fields, errors: &mut Diagnostics) -> Self {
        let members: Vec<Member> = fields.members().collect();
        let fields = members.into_iter().zip(fields);
        Self {
            ident,
            carriers: fields
                .filter_map(|(member, field)| Field::new(member, field, errors))
                .collect(),
        }
    }
}

impl Field {
    /// The field, if it is a carrier by its mark or by its name and type.
    fn new(member: Member, field: syn::Field, errors: &mut Diagnostics) -> Option<Self> {
        let marked = is_marked(&field.attrs, errors);
        let name = header_name(&member, &field.attrs);
        let kind = match string(&field.ty) {
            None if marked => Kind::Carrier,
            None => return None,
            Some(string) => match (name.filter(|name| is_header(name, marked)), string) {
                (Some(name), Text::Plain) => Kind::Header(name),
                (Some(name), Text::Optional) => Kind::OptionalHeader(name),
                (None, _) if marked => {
                    errors.error(
                        &field.ty,
                        "this field is not named after a trace header: name or `#[serde(rename)]` it `traceparent`, `tracestate`, `x-datadog-trace-id` .., or make it a `ddlambda::Carrier`",
                    );
                    return None;
                }
                (None, _) => return None,
            },
        };
        Some(Self {
            member,
            ty: field.ty,
            kind,
        })
    }
}

/// `#[trace_carrier(crate = path)]` on the type.
fn container_root(attrs: &[Attribute], errors: &mut Diagnostics) -> Path {
    let mut root = options::default_root();
    for mark in marks(attrs) {
        match &mark.meta {
            Meta::List(list) => {
                options::parse(list.tokens.clone(), errors, &["crate"], |_, input, _| {
                    root = options::root(input)?;
                    Ok(())
                })
            }
            _ => errors.error(
                mark,
                "`#[trace_carrier]` goes on the field that holds the trace headers",
            ),
        }
    }
    root
}

fn marks(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("trace_carrier"))
}

fn is_marked(attrs: &[Attribute], errors: &mut Diagnostics) -> bool {
    let mut marks = marks(attrs);
    let Some(mark) = marks.next() else {
        return false;
    };
    if mark.meta.require_path_only().is_err() {
        errors.error(mark, "`#[trace_carrier]` takes no arguments on a field");
    }
    for surplus in marks {
        errors.error(surplus, "`#[trace_carrier]` stands twice on this field");
    }
    true
}

/// The field's serialized name in the form of a header: lower case, with hyphens.
fn header_name(member: &Member, attrs: &[Attribute]) -> Option<String> {
    let name = match (serde_name(attrs), member) {
        (Some(renamed), _) => renamed,
        (None, Member::Named(ident)) => ident.unraw().to_string(),
        (None, Member::Unnamed(_)) => return None,
    };
    Some(name.to_ascii_lowercase().replace('_', "-"))
}

/// The name in `#[serde(rename = "..")]` or `#[serde(rename(deserialize = ".."))]`. Other options, and errors in them, are
/// left to serde.
fn serde_name(attrs: &[Attribute]) -> Option<String> {
    fn metas(list: &syn::MetaList) -> Punctuated<Meta, Token![,]> {
        list.parse_args_with(Punctuated::parse_terminated)
            .unwrap_or_default()
    }
    let serde = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    let metas_of_serde = serde
        .filter_map(|attr| attr.meta.require_list().ok())
        .flat_map(metas);
    let renames = metas_of_serde.filter(|meta| meta.path().is_ident("rename"));
    let renames = renames.flat_map(|rename| match rename {
        Meta::List(list) => metas(&list),
        other => Punctuated::from_iter([other]),
    });
    let names = renames.filter_map(|rename| match rename {
        Meta::NameValue(pair) => string_literal(&pair.value),
        _ => None,
    });
    names.last().map(|name| name.value())
}

fn string_literal(expr: &Expr) -> Option<LitStr> {
    syn::parse2(expr.to_token_stream()).ok()
}

/// Whether a text field of this name is a trace header. Names that may also mean something else require the mark.
fn is_header(name: &str, marked: bool) -> bool {
    match name {
        "traceparent" | "tracestate" => true,
        "baggage" | "b3" => marked,
        _ => name.starts_with("x-datadog-") || (marked && name.starts_with("x-b3-")),
    }
}

enum Text {
    Plain,
    Optional,
}

/// Recognizes `String` and `Option<String>`, by any path.
fn string(ty: &Type) -> Option<Text> {
    let last = last_segment(ty)?;
    if last.ident == "String" {
        return Some(Text::Plain);
    }
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(inner)) if last.ident == "Option" => {
            (last_segment(inner)?.ident == "String").then_some(Text::Optional)
        }
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Group(group) => last_segment(&group.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}
