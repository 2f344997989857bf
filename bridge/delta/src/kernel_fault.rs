//! What the kernel's errors are to callers.

use delta_kernel::error::KernelError;

use crate::fault::{Fault, Kind};

impl From<KernelError> for Fault {
    fn from(error: KernelError) -> Self {
        let error = error.without_backtrace();
        let text = error.to_string();
        let lower = text.to_lowercase();
        // The kernel wraps its errors in others; their texts are what all layers keep.
        let kind = match error {
            KernelError::TableAlreadyExistsAtPath(_) => Kind::Exists,
            KernelError::Unsupported(_) => Kind::Unsupported,
            KernelError::EmptyLog => Kind::NotFound,
            KernelError::FileNotFound(_) => Kind::Corrupt,
            KernelError::IOError(_) | KernelError::ObjectStore(_) => Kind::Unavailable,
            KernelError::InvalidTransactionState(_) | KernelError::InvalidPartitionValues(_) => {
                Kind::Invalid
            }
            _ if lower.contains("unsupported") || lower.contains("not supported") => {
                Kind::Unsupported
            }
            _ if lower.contains("no files in log segment") => Kind::NotFound,
            _ => Kind::Corrupt,
        };
        Self::new(kind, text)
    }
}
