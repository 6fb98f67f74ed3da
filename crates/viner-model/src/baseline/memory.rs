//! What was computed from a baseline and may be of use again.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The last thing that was computed from a baseline, for whoever asks next.
///
/// It is no part of the baseline, and copies of the baseline begin without: they may be changed.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Option<Arc<dyn Any + Send + Sync>>>);

impl Memory {
    /// What is remembered if it fits, otherwise what `make` gives, which is remembered from now on.
    pub fn recall<T: Any + Send + Sync>(
        &self,
        fits: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let remembered = remembered.and_then(|anything| anything.downcast::<T>().ok());
        if let Some(found) = remembered.filter(|found| fits(found)) {
            return found;
        }
        // Others are not kept waiting while it is made.
        let made = Arc::new(make());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made) as _);
        made
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_made_once_and_what_does_not_takes_its_place() {
        let memory = Memory::default();
        let made = std::cell::Cell::new(0);
        let number = |wanted: i32| {
            let make = || {
                made.set(made.get() + 1);
                wanted
            };
            *memory.recall(|&found| found == wanted, make)
        };
        assert_eq!([number(3), number(3), number(4), number(3)], [3, 3, 4, 3]);
        assert_eq!(made.get(), 3);
        assert_eq!(*memory.recall(|_: &String| true, || "other".to_owned()), "other");
        assert_eq!(*memory.clone().recall(|_: &String| true, String::new), "");
    }
}
