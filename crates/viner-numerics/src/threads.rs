//! The threads of the current pool.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::Yield;

/// Calls `work` on a thread of the pool while its other threads look for parts of it without sleeping.
///
/// A thread that finds nothing to do for some microseconds goes to sleep, and to wake it takes longer
/// than a pass over a small array. For a computation of many short passes that has the pool to itself;
/// where many run side by side, each would wait for what these threads took up meanwhile.
pub fn awake<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let over = AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads() {
            scope.spawn(|_| {
                while !over.load(Ordering::Relaxed) {
                    if rayon::yield_now() != Some(Yield::Executed) {
                        // The processor may be wanted by another program, or by `work` itself.
                        std::thread::yield_now();
                    }
                }
            });
        }
        let _over = SetAtEnd(&over);
        work()
    })
}

/// So many of the items of a pass a thread takes at least at once: all of them where the pass is not worth
/// several threads.
///
/// Each time that a pass is divided costs some tenths of a microsecond, as much as many items do. Some
/// pieces per thread are enough to share out what takes longer than the rest.
pub fn piece(items: usize, parallel: bool) -> usize {
    let pieces = if parallel { PIECES * rayon::current_num_threads() } else { 1 };
    items.div_ceil(pieces).max(1)
}

/// Pieces of a pass per thread.
const PIECES: usize = 4;

/// Sets a flag when it goes out of scope, by a panic, too.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    fn pool() -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap()
    }

    #[test]
    fn passes_within_are_shared_and_their_result_comes_back() {
        let sum = pool().install(|| awake(|| (0..1000_u64).into_par_iter().sum::<u64>()));
        assert_eq!(sum, 499_500);
    }

    #[test]
    fn a_panic_ends_the_waiting_of_the_others() {
        let pool = pool();
        let work = || pool.install(|| awake(|| panic!("as it should")));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        assert_eq!(pool.install(|| awake(|| 1)), 1);
    }
}
