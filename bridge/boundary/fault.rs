//! What went wrong, as a kind that callers act on and a text that people read.

use std::any::Any;
use std::fmt::Display;

/// As in include/sluice_bridge.h; each library makes those that it has.
#[allow(dead_code)]
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
    Exhausted = 10,
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

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Kind::Invalid, format!("a request cannot be read: {error}"))
    }
}
