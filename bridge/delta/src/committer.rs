//! A commit as the kernel puts it, with the knowledge whether it came so far: what it refuses
//! before is a refusal, and what fails after may have been put.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use delta_kernel::committer::{
    CommitMetadata, CommitResponse, Committer, FileSystemCommitter, PublishMetadata,
};
use delta_kernel::{Engine, FilteredEngineData, KernelResult, KernelResultIterator};

#[derive(Default)]
pub struct WatchedCommitter {
    pub was_sent: Arc<AtomicBool>,
    inner: FileSystemCommitter,
}

impl Committer for WatchedCommitter {
    fn commit(
        &self,
        engine: &dyn Engine,
        actions: KernelResultIterator<'_, FilteredEngineData>,
        metadata: CommitMetadata,
    ) -> KernelResult<CommitResponse> {
        self.was_sent.store(true, Ordering::Release);
        self.inner.commit(engine, actions, metadata)
    }

    fn is_catalog_committer(&self) -> bool {
        self.inner.is_catalog_committer()
    }

    fn publish(&self, engine: &dyn Engine, metadata: PublishMetadata) -> KernelResult<()> {
        self.inner.publish(engine, metadata)
    }
}
