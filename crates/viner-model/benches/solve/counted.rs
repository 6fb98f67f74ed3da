//! The allocator of the command `viner`, which here knows how much is held.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mimalloc::MiMalloc;

/// Counts the bytes that are allocated.
pub struct Counted {
    held: AtomicUsize,
    peak: AtomicUsize,
}

impl Counted {
    /// Nothing allocated yet.
    pub const fn new() -> Self {
        Self { held: AtomicUsize::new(0), peak: AtomicUsize::new(0) }
    }

    /// Bytes allocated now.
    pub fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// The most since the start, or since it was forgotten.
    pub fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    /// Counts from now on.
    pub fn forget_peak(&self) {
        self.peak.store(self.held(), Relaxed);
    }
}

#[expect(unsafe_code, reason = "all is left to another allocator, as it was asked")]
// SAFETY: calls are passed on as they are.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = self.held.fetch_add(layout.size(), Relaxed) + layout.size();
        self.peak.fetch_max(held, Relaxed);
        // SAFETY: as above.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let held = self.held.fetch_add(layout.size(), Relaxed) + layout.size();
        self.peak.fetch_max(held, Relaxed);
        // SAFETY: as above.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.held.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }
}
