//! What went wrong, as a kind that callers act on and a text that people read.

use std::any::Any;
use std::fmt::Display;

use delta_kernel::error::KernelError;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(i32)]
pub enum Kind {
    Ok = 0,
    Conflict = 1,
    Unknown = 2,
    NotFound = 3,
    Unsupported = 4,
    Corrupt = 5,
    Unavailable = 6,
    Invalid = 7,
    Internal = 8,
    Exists = 9,
}

#[derive(Debug)]
pub struct Fault {
    pub kind: Kind,
    pub text: String,
}

impl Fault {
    pub fn new(kind: Kind, text: impl Display) -> Self {
        Self { kind, text: text.to_string() }
    }

    pub fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no text");
        Self::new(Kind::Internal, format!("a panic: {said}"))
    }
}

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

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Kind::Invalid, format!("a request cannot be read: {error}"))
    }
}
