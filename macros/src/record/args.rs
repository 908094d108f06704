//! The options of `#[record(..)]`.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitStr, Path, Result};

use crate::diagnostics::Diagnostics;
use crate::options::{self, Parent};

pub(crate) struct Args {
    /// The name of the parameter that is the record.
    pub(crate) record: Option<Ident>,
    pub(crate) resource: Option<LitStr>,
    pub(crate) parent: Parent,
    /// The path of the crate `ddlambda`.
    pub(crate) root: Path,
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Diagnostics) -> Self {
        let mut args = Self {
            record: None,
            resource: None,
            parent: Parent::Link,
            root: options::default_root(),
        };
        let known = &["record", "resource", "parent", "crate"];
        options::parse(tokens, errors, known, |name, input, _| {
            match name {
                "record" => args.record = Some(parameter(input)?),
                "resource" => args.resource = Some(options::text(name, input)?),
                "parent" => args.parent = Parent::parse(input)?,
                _ => args.root = options::root(input)?,
            }
            Ok(())
        });
        args
    }
}

fn parameter(input: ParseStream<'_>) -> Result<Ident> {
    if !input.peek(Ident::peek_any) {
        return Err(
            input.error("`record` takes the name of a parameter, without quotes: `record = order`")
        );
    }
    input.call(Ident::parse_any)
}
