//! Text templates, behind the C functions of include/sluice_template.h.
//! No panic leaves a function, no memory is freed on the other side, and no template takes more
//! than its share.

#[path = "../../boundary/calls.rs"]
mod calls;
#[path = "../../boundary/fault.rs"]
mod fault;
mod missing;
mod room;
mod template;

use std::ffi::c_char;

use calls::{guarded, put_text, read_text};
use fault::{Fault, Kind};
use room::{Counting, Limits};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn put_line(out: *mut u32, line: u32) {
    if !out.is_null() {
        unsafe { *out = line };
    }
}

/// Runs `work` in a room; the line of its fault goes to the caller apart.
fn bounded<T: Send + 'static>(
    line: *mut u32,
    work: impl FnOnce() -> Result<T, template::Wrong> + Send + 'static,
) -> Result<T, Fault> {
    put_line(line, 0);
    room::run(&Limits::default(), work)?.map_err(|wrong| {
        put_line(line, wrong.line);
        wrong.fault
    })
}

#[no_mangle]
pub extern "C" fn sluice_template_check(
    name: *const c_char,
    source: *const c_char,
    line: *mut u32,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        let (name, source) = (read_text(name)?.to_owned(), read_text(source)?.to_owned());
        bounded(line, move || template::check(&name, &source))?;
        Ok(Kind::Ok)
    })
}

#[no_mangle]
pub extern "C" fn sluice_template_render(
    name: *const c_char,
    source: *const c_char,
    context: *const c_char,
    line: *mut u32,
    text: *mut *mut c_char,
) -> i32 {
    guarded(text, || {
        let (name, source) = (read_text(name)?.to_owned(), read_text(source)?.to_owned());
        let context = read_text(context)?.to_owned();
        put_text(text, bounded(line, move || template::render(&name, &source, &context))?);
        Ok(Kind::Ok)
    })
}
