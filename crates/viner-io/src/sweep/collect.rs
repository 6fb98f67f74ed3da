//! Runs that end in any order, put into parts that are kept as soon as they are whole.

use std::sync::{Mutex, PoisonError};

use super::Ran;
use super::parts::Parts;
use crate::diagnostic::IoError;

/// All runs of a sweep, as far as they are done.
pub(super) struct Collected<'a> {
    parts: &'a Parts,
    state: Mutex<State>,
    progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Runs that an earlier attempt had solved.
    pub resumed: usize,
}

struct State {
    ran: Vec<Option<Ran>>,
    /// Runs that are missing, by part.
    missing: Vec<usize>,
    done: usize,
    /// What went wrong first.
    error: Option<IoError>,
}

impl<'a> Collected<'a> {
    /// Takes in the parts that are kept already.
    ///
    /// # Errors
    /// They belong to another plan, or cannot be read.
    pub fn new(
        parts: &'a Parts,
        progress: &'a (dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, IoError> {
        let (mut ran, mut missing) = (Vec::new(), Vec::new());
        for part in 0..parts.count() {
            let kept = parts.read(part)?;
            missing.push(if kept.is_some() { 0 } else { parts.range(part).len() });
            match kept {
                Some(kept) => ran.extend(kept.into_iter().map(Some)),
                None => ran.resize_with(parts.range(part).end, || None),
            }
        }
        let resumed = ran.iter().filter(|ran| ran.is_some()).count();
        progress(resumed, resumed);
        let state = State { ran, missing, done: resumed, error: None };
        Ok(Self { parts, state: Mutex::new(state), progress, resumed })
    }

    /// Runs that are not done.
    pub fn missing(&self) -> Vec<usize> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (0..state.ran.len()).filter(|&run| state.ran[run].is_none()).collect()
    }

    /// Takes a run; the last one of a part has it kept.
    pub fn take(&self, run: usize, ran: Ran) {
        let part = self.parts.part_of(run);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ran[run] = Some(ran);
        state.missing[part] -= 1;
        state.done += 1;
        let done = state.done;
        let whole = (state.missing[part] == 0 && state.error.is_none())
            .then(|| state.ran[self.parts.range(part)].iter().flatten().cloned().collect());
        drop(state);
        (self.progress)(done, self.resumed);
        let whole: Option<Vec<Ran>> = whole;
        if let Some(Err(error)) = whole.map(|runs| self.parts.write(part, &runs)) {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.error.get_or_insert(error);
        }
    }

    /// All runs in order.
    ///
    /// # Errors
    /// A part could not be written.
    pub fn finish(self) -> Result<(Vec<Ran>, usize), IoError> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.error {
            Some(error) => Err(error),
            None => Ok((state.ran.into_iter().flatten().collect(), self.resumed)),
        }
    }
}
