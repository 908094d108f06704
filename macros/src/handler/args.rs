//! The options of `#[handler(..)]`.

use proc_macro2::TokenStream;
use syn::{Expr, LitStr, Pat, Path};

use crate::diagnostics::Diagnostics;
use crate::options::{self, Parent};

const OPTIONS: &[&str] = &["extractor", "service", "resource", "parent", "crate"];

pub(crate) struct Args {
    pub(crate) extractor: Option<Expr>,
    pub(crate) service: Option<LitStr>,
    pub(crate) resource: Option<LitStr>,
    pub(crate) parent: Parent,
    /// The path of the crate `ddlambda`.
    pub(crate) root: Path,
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Diagnostics) -> Self {
        let mut args = Self {
            extractor: None,
            service: None,
            resource: None,
            parent: Parent::Child,
            root: options::default_root(),
        };
        options::parse(tokens, errors, OPTIONS, |name, input, errors| {
            match name {
                "extractor" => args.extractor = Some(checked_extractor(input.parse()?, errors)),
                "service" => args.service = Some(options::text(name, input)?),
                "resource" => args.resource = Some(options::text(name, input)?),
                "parent" => args.parent = Parent::parse(input)?,
                _ => args.root = options::root(input)?,
            }
            Ok(())
        });
        args
    }
}

/// An extractor is a path or a closure. The compiler checks whether its signature fits.
fn checked_extractor(extractor: Expr, errors: &mut Diagnostics) -> Expr {
    match bare(&extractor) {
        Expr::Path(_) => {}
        Expr::Closure(closure) => {
            let untyped = closure
                .inputs
                .iter()
                .filter(|input| !matches!(input, Pat::Type(_)));
            for input in untyped {
                errors.error(input, "state the type of the parameter: `|payload: &T|` or `|raw: &ddlambda::RawEvent<'_>|`");
            }
        }
        Expr::Lit(literal) => errors.error(
            literal,
            "name a function, without quotes: `extractor = order_context`",
        ),
        Expr::Call(call) => errors.error(
            call,
            "name the function without calling it: `extractor = order_context`",
        ),
        other => errors.error(
            other,
            "`extractor` takes the path of a function, or a closure",
        ),
    }
    extractor
}

/// The expression inside parentheses, and inside the invisible groups of `macro_rules!`.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        other => other,
    }
}
