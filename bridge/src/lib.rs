//! What Rust libraries do for Sluice, behind the C functions of include/sluice_bridge.h.
//! No panic leaves a function and no memory is freed on the other side.

mod delta;
mod fault;
mod log_files;

use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};

use delta_kernel::arrow::ffi_stream::FFI_ArrowArrayStream;

use delta::{Outcome, Snapshot};
use fault::{Fault, Kind};

/// Runs `work`; its fault, or its panic, becomes a kind and a text.
fn guarded(text: *mut *mut c_char, work: impl FnOnce() -> Result<Kind, Fault>) -> i32 {
    let fault = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(kind)) => return kind as i32,
        Ok(Err(fault)) => fault,
        Err(panic) => Fault::from_panic(panic.as_ref()),
    };
    put_text(text, fault.text);
    fault.kind as i32
}

fn put_text(out: *mut *mut c_char, text: String) {
    let owned = CString::new(text.replace('\0', " ")).unwrap_or_default();
    if !out.is_null() {
        unsafe { *out = owned.into_raw() };
    }
}

fn read_text<'a>(text: *const c_char) -> Result<&'a str, Fault> {
    if text.is_null() {
        return Err(Fault::new(Kind::Invalid, "a text is missing"));
    }
    unsafe { CStr::from_ptr(text) }
        .to_str()
        .map_err(|_| Fault::new(Kind::Invalid, "a text is not UTF-8"))
}

fn put_snapshot(out: *mut *mut Snapshot, made: Option<Snapshot>) {
    if let (Some(made), false) = (made, out.is_null()) {
        unsafe { *out = Box::into_raw(Box::new(made)) };
    }
}

fn read_snapshot<'a>(snapshot: *const Snapshot) -> Result<&'a Snapshot, Fault> {
    unsafe { snapshot.as_ref() }.ok_or_else(|| Fault::new(Kind::Invalid, "a snapshot is missing"))
}

#[no_mangle]
pub extern "C" fn sluice_bridge_free_text(text: *mut c_char) {
    if !text.is_null() {
        drop(unsafe { CString::from_raw(text) });
    }
}

#[no_mangle]
pub extern "C" fn sluice_delta_create(
    root: *const c_char,
    request: *const c_char,
    next: *mut *mut Snapshot,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        put_snapshot(next, delta::create(read_text(root)?, read_text(request)?)?);
        Ok(Kind::Ok)
    })
}

#[no_mangle]
pub extern "C" fn sluice_delta_load(
    root: *const c_char,
    out: *mut *mut Snapshot,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        put_snapshot(out, Some(Snapshot::load(read_text(root)?)?));
        Ok(Kind::Ok)
    })
}

#[no_mangle]
pub extern "C" fn sluice_delta_free(snapshot: *mut Snapshot) {
    if !snapshot.is_null() {
        let owned = unsafe { Box::from_raw(snapshot) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(owned)));
    }
}

#[no_mangle]
pub extern "C" fn sluice_delta_version(snapshot: *const Snapshot) -> i64 {
    read_snapshot(snapshot).map_or(-1, Snapshot::version)
}

#[no_mangle]
pub extern "C" fn sluice_delta_describe(snapshot: *const Snapshot, text: *mut *mut c_char) -> i32 {
    guarded(text, || {
        put_text(text, read_snapshot(snapshot)?.describe()?);
        Ok(Kind::Ok)
    })
}

#[no_mangle]
pub extern "C" fn sluice_delta_files(
    snapshot: *const Snapshot,
    out: *mut FFI_ArrowArrayStream,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        let reader = read_snapshot(snapshot)?.files()?;
        unsafe { std::ptr::write(out, FFI_ArrowArrayStream::new(reader)) };
        Ok(Kind::Ok)
    })
}

#[no_mangle]
pub extern "C" fn sluice_delta_find_transaction(
    snapshot: *const Snapshot,
    app: *const c_char,
    version: *mut i64,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        let found = read_snapshot(snapshot)?.find_transaction(read_text(app)?)?;
        unsafe { *version = found.unwrap_or(-1) };
        Ok(Kind::Ok)
    })
}

#[no_mangle]
pub extern "C" fn sluice_delta_commit(
    snapshot: *const Snapshot,
    request: *const c_char,
    version: *mut i64,
    next: *mut *mut Snapshot,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        match read_snapshot(snapshot)?.commit(read_text(request)?)? {
            Outcome::Committed(committed, made) => {
                unsafe { *version = committed };
                put_snapshot(next, made);
                Ok(Kind::Ok)
            }
            Outcome::Conflict(with) => {
                unsafe { *version = with };
                Ok(Kind::Conflict)
            }
            Outcome::Unknown(cause) => Err(Fault::new(Kind::Unknown, cause)),
        }
    })
}

#[no_mangle]
pub extern "C" fn sluice_delta_checkpoint(
    snapshot: *const Snapshot,
    next: *mut *mut Snapshot,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        put_snapshot(next, Some(read_snapshot(snapshot)?.checkpoint()?));
        Ok(Kind::Ok)
    })
}
