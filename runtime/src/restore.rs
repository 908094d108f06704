//! SnapStart: what must not be the same in all the sandboxes that are restored from one snapshot.

use lambda_runtime::{BoxFuture, Error, SnapStartResource};

use crate::export;
use crate::invocation::sandbox;
use crate::span::id;

/// Takes new seeds for ids, drops connections, and counts the time of the sandbox from its restore.
pub(crate) struct Restore;

impl SnapStartResource for Restore {
    fn before_snapshot(&self) -> BoxFuture<'_, Result<(), Error>> {
        export::disconnect();
        Box::pin(async { Ok(()) })
    }

    fn after_restore(&self) -> BoxFuture<'_, Result<(), Error>> {
        id::reseed();
        export::disconnect();
        sandbox::restored();
        Box::pin(async { Ok(()) })
    }
}
