//! A room for work that knows no bounds of its own: a thread with its stack, its share of memory
//! and its time.
//!
//! A template can double a text with each statement, and Rust answers an allocation that fails by
//! ending the process. So allocations of the room's thread are counted, and the one that goes
//! beyond the share does not fail: the thread stops there for good and whoever waits is told. The
//! same happens to a thread that nobody waits for any more. What it holds, at most its share, is
//! lost to the process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::fault::{Fault, Kind};

pub struct Limits {
    pub memory: usize,
    pub stack: usize,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 64 << 20, stack: 64 << 20, time: Duration::from_secs(10) }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Door {
    Open,
    Left,      // the work is done
    OverShare, // its memory is used up
    Abandoned, // nobody waits any more
}

struct Room {
    door: Mutex<Door>,
    changed: Condvar,
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says it unless something was said before. Allocates nothing.
    fn say(&self, what: Door) {
        let mut door = self.lock();
        if *door == Door::Open {
            *door = what;
        }
        drop(door);
        self.changed.notify_all();
    }

    fn is_abandoned(&self) -> bool {
        self.door.try_lock().is_ok_and(|door| *door == Door::Abandoned)
    }

    /// What became of the work; after `time` it is abandoned.
    fn wait(&self, time: Duration) -> Door {
        let door = self.lock();
        let (mut door, _) = self
            .changed
            .wait_timeout_while(door, time, |door| *door == Door::Open)
            .unwrap_or_else(PoisonError::into_inner);
        if *door == Door::Open {
            *door = Door::Abandoned;
        }
        *door
    }
}

thread_local! {
    /// Of the thread whose allocations are counted; null in all others.
    static ROOM: Cell<*const Room> = const { Cell::new(std::ptr::null()) };
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static TICKS: Cell<u32> = const { Cell::new(0) };
}

/// The system's allocator, with a count for the threads of rooms.
pub struct Counting;

/// The thread ends its work here, and keeps what it holds.
fn stop(room: &Room, why: Door) -> ! {
    ROOM.set(std::ptr::null());
    room.say(why);
    loop {
        thread::sleep(Duration::from_secs(1 << 20));
    }
}

fn take(bytes: usize) {
    let room = ROOM.get();
    // A thread that stopped while it tells of a panic would keep the locks of all that tell of one.
    if room.is_null() || thread::panicking() {
        return;
    }
    // The thread holds its room for as long as this points to it.
    let room = unsafe { &*room };
    match LEFT.get().checked_sub(bytes) {
        Some(left) => LEFT.set(left),
        None => stop(room, Door::OverShare),
    }
    let ticks = TICKS.get().wrapping_add(1);
    TICKS.set(ticks);
    if ticks % 64 == 0 && room.is_abandoned() {
        stop(room, Door::Abandoned);
    }
}

fn give_back(bytes: usize) {
    if !ROOM.get().is_null() {
        LEFT.set(LEFT.get().saturating_add(bytes));
    }
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) };
        give_back(layout.size());
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match size.checked_sub(layout.size()) {
            Some(more) => take(more),
            None => give_back(layout.size() - size),
        }
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// Runs `work` within `limits`. Exhausted: one was reached; Internal: it panicked.
pub fn run<T: Send + 'static>(
    limits: &Limits,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let room = Arc::new(Room { door: Mutex::new(Door::Open), changed: Condvar::new() });
    let inner = room.clone();
    let memory = limits.memory;
    let worker = thread::Builder::new()
        .stack_size(limits.stack)
        .spawn(move || {
            LEFT.set(memory);
            ROOM.set(Arc::as_ptr(&inner));
            let made = catch_unwind(AssertUnwindSafe(work));
            ROOM.set(std::ptr::null());
            inner.say(Door::Left);
            made
        })
        .map_err(|error| Fault::new(Kind::Unavailable, format!("no thread: {error}")))?;
    match room.wait(limits.time) {
        Door::Left => match worker.join() {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(panic)) | Err(panic) => Err(Fault::from_panic(panic.as_ref())),
        },
        Door::OverShare => Err(Fault::new(
            Kind::Exhausted,
            format!("it takes more than {} MiB of memory", limits.memory >> 20),
        )),
        Door::Open | Door::Abandoned => Err(Fault::new(
            Kind::Exhausted,
            format!("it takes longer than {} s", limits.time.as_secs_f64()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Limits {
        Limits { memory: 1 << 20, stack: 1 << 20, time: Duration::from_millis(200) }
    }

    #[test]
    fn what_fits_comes_out() {
        assert_eq!(run(&small(), || "made".to_owned()).unwrap(), "made");
    }

    #[test]
    fn memory_that_is_given_back_is_not_counted() {
        let total = run(&small(), || (0..100).map(|_| vec![1u8; 1 << 19].len()).sum::<usize>());
        assert_eq!(total.unwrap(), 100 << 19);
    }

    #[test]
    fn more_than_the_share_is_told() {
        let fault = run(&small(), || vec![1u8; 2 << 20].len()).unwrap_err();
        assert_eq!(
            (fault.kind, fault.text.as_str()),
            (Kind::Exhausted, "it takes more than 1 MiB of memory")
        );
    }

    #[test]
    fn a_text_that_grows_is_stopped() {
        let fault = run(&small(), || {
            let mut text = "x".to_owned();
            loop {
                text = format!("{text}{text}");
                std::hint::black_box(&text);
            }
        });
        assert_eq!(fault.map(|(): ()| 0).unwrap_err().kind, Kind::Exhausted);
    }

    #[test]
    fn more_than_the_time_is_told() {
        let fault = run(&small(), || loop {
            std::hint::black_box(Box::new(1));
        });
        let fault = fault.map(|(): ()| 0).unwrap_err();
        assert_eq!(
            (fault.kind, fault.text.as_str()),
            (Kind::Exhausted, "it takes longer than 0.2 s")
        );
    }

    #[test]
    fn a_panic_is_a_fault() {
        let limits = Limits { memory: 1 << 10, ..Limits::default() };
        let fault = run(&limits, || -> u8 { panic!("broken {}", "thing") }).unwrap_err();
        assert_eq!((fault.kind, fault.text.as_str()), (Kind::Internal, "a panic: broken thing"));
    }
}
