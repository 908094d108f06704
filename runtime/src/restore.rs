//! SnapStart: state that must differ between sandboxes that are restored from the same snapshot.

use lambda_runtime::{BoxFuture, Error, SnapStartResource};

use crate::export;
use crate::invocation::sandbox;
use crate::span::id;

/// Reseeds the id generator, closes connections, and restarts the sandbox's clock at the restore.
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
