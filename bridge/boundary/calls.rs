//! What every function that C calls is made of: texts in, texts out, and no panic that leaves.

use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::fault::{Fault, Kind};

/// Runs `work`; its fault, or its panic, becomes a kind and a text.
pub fn guarded(text: *mut *mut c_char, work: impl FnOnce() -> Result<Kind, Fault>) -> i32 {
    let fault = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(kind)) => return kind as i32,
        Ok(Err(fault)) => fault,
        Err(panic) => Fault::from_panic(panic.as_ref()),
    };
    put_text(text, fault.text);
    fault.kind as i32
}

pub fn put_text(out: *mut *mut c_char, text: String) {
    let owned = CString::new(text.replace('\0', " ")).unwrap_or_default();
    if !out.is_null() {
        unsafe { *out = owned.into_raw() };
    }
}

pub fn read_text<'a>(text: *const c_char) -> Result<&'a str, Fault> {
    if text.is_null() {
        return Err(Fault::new(Kind::Invalid, "a text is missing"));
    }
    unsafe { CStr::from_ptr(text) }
        .to_str()
        .map_err(|_| Fault::new(Kind::Invalid, "a text is not UTF-8"))
}

#[no_mangle]
pub extern "C" fn sluice_bridge_free_text(text: *mut c_char) {
    if !text.is_null() {
        drop(unsafe { CString::from_raw(text) });
    }
}
