//! With ddlambda.

use std::hint::black_box;

use ::ddlambda::{host, IntoTraceContext};
use http::HeaderMap;

use crate::Peer;

#[derive(Debug)]
pub struct Ddlambda;

impl Peer for Ddlambda {
    fn init() {
        ::ddlambda::init();
    }

    fn extract(request: &HeaderMap) {
        black_box(request.into_trace_context());
    }

    fn within(request: &HeaderMap, measure: impl FnOnce(&dyn Fn(&mut HeaderMap))) {
        let unit = host::unit("web.request").continuing(request);
        unit.call(|| measure(&|headers| ::ddlambda::inject(headers)));
    }

    fn pass_on(request: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let unit = host::unit("web.request").continuing(request);
        unit.call(|| ::ddlambda::inject(&mut headers));
        headers
    }
}
