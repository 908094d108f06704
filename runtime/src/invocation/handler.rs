//! What a handler's attribute says.

/// What `#[ddlambda::handler(..)]` says about a handler.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// The name of the function.
    pub name: &'static str,
    /// `service = ".."`.
    pub service: Option<&'static str>,
    /// `resource = ".."`.
    pub resource: Option<&'static str>,
    /// `parent = ".."`.
    pub parent: Parent,
}

impl Handler {
    /// Whether the context in the event becomes a link instead of the parent.
    pub(crate) fn links_parent(&self) -> bool {
        self.parent == Parent::Link
    }
}

/// What becomes of the trace context in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// The invocation continues that trace.
    Child,
    /// The invocation begins a trace and links to that one.
    Link,
}
