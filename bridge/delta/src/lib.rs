//! Delta tables, behind the C functions of include/sluice_delta.h.
//! No panic leaves a function and no memory is freed on the other side.

#[path = "../../boundary/calls.rs"]
mod calls;
mod committer;
#[path = "../../boundary/fault.rs"]
mod fault;
mod kernel_fault;
mod log_files;
mod table;

use std::ffi::c_char;
use std::panic::{catch_unwind, AssertUnwindSafe};

use delta_kernel::arrow::ffi_stream::FFI_ArrowArrayStream;

use calls::{guarded, put_text, read_text};
use fault::{Fault, Kind};
use table::{Outcome, Snapshot};

fn put_snapshot(out: *mut *mut Snapshot, made: Option<Snapshot>) {
    if let (Some(made), false) = (made, out.is_null()) {
        unsafe { *out = Box::into_raw(Box::new(made)) };
    }
}

fn read_snapshot<'a>(snapshot: *const Snapshot) -> Result<&'a Snapshot, Fault> {
    unsafe { snapshot.as_ref() }.ok_or_else(|| Fault::new(Kind::Invalid, "a snapshot is missing"))
}

#[no_mangle]
pub extern "C" fn sluice_delta_create(
    root: *const c_char,
    request: *const c_char,
    next: *mut *mut Snapshot,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        put_snapshot(next, table::create(read_text(root)?, read_text(request)?)?);
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
