//! Loops over arrays, compiled once for every width of vector register and chosen at run time.
//!
//! Every kernel does the same operations in the same order (sums run in [`LANES`] partial sums whatever
//! the register holds, and products are rounded before they are added), so results are equal bit for
//! bit on all of them. The loops are plain Rust, which the compiler turns into vector instructions.
//!
//! | module | computes |
//! |---|---|
//! | [`elementary`] | exp, ln, `exp_m1`, `ln_1p` of every entry |
//! | [`dense`] | inner products, scaled sums, products with a matrix from both sides in one pass |
//! | `rows` | what these products are made of: some rows at a time |

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the kernel")]

pub mod dense;
pub mod elementary;
mod rows;

use std::sync::atomic::{AtomicU8, Ordering};

/// Partial sums of an inner product: one register of the widest kind.
pub const LANES: usize = 8;

/// A set of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Instructions {
    /// What every processor of the target has: SSE2 on `x86_64`, NEON on `aarch64`.
    Common = 1,
    #[cfg(target_arch = "x86_64")]
    Avx2 = 2,
    #[cfg(target_arch = "x86_64")]
    Avx512 = 3,
}

const ALL: &[Instructions] = &[
    Instructions::Common,
    #[cfg(target_arch = "x86_64")]
    Instructions::Avx2,
    #[cfg(target_arch = "x86_64")]
    Instructions::Avx512,
];

/// The kernel in use; 0 before the first use.
static CURRENT: AtomicU8 = AtomicU8::new(0);

/// Something to compute, with a body that is compiled for every kernel.
///
/// `run` and all it calls in its loops must be `#[inline(always)]`.
pub trait Work {
    /// What comes of it.
    type Output;
    /// Computes it.
    fn run(self) -> Self::Output;
}

/// One after the other.
impl<A: Work, B: Work> Work for (A, B) {
    type Output = (A::Output, B::Output);

    #[inline(always)]
    fn run(self) -> Self::Output {
        (self.0.run(), self.1.run())
    }
}

impl Kernel {
    /// The kernels that this processor can run, from the narrowest to the widest.
    pub fn available() -> impl Iterator<Item = Self> {
        ALL.iter().copied().filter(|instructions| instructions.are_there()).map(Self)
    }

    /// The kernel in use: the widest, unless another was selected, or is named by the environment variable
    /// `VINER_KERNEL` and there.
    #[inline]
    pub fn current() -> Self {
        match CURRENT.load(Ordering::Relaxed) {
            #[cfg(target_arch = "x86_64")]
            number if number == Instructions::Avx512 as u8 => Self(Instructions::Avx512),
            #[cfg(target_arch = "x86_64")]
            number if number == Instructions::Avx2 as u8 => Self(Instructions::Avx2),
            number if number == Instructions::Common as u8 => Self(Instructions::Common),
            _ => Self::first(),
        }
    }

    #[cold]
    fn first() -> Self {
        let named = std::env::var("VINER_KERNEL").ok();
        let named = Self::available().find(|kernel| named.as_deref() == Some(kernel.name()));
        let first = named.or(Self::available().last()).unwrap_or(Self(Instructions::Common));
        first.select();
        first
    }

    /// The vectors of this kernel for code that is written for vectors.
    pub(crate) fn vectors(self) -> pulp::Arch {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => pulp::Arch::new(),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => {
                pulp::x86::V3::try_new().map_or(pulp::Arch::Scalar, pulp::Arch::V3)
            }
            #[cfg(target_arch = "x86_64")]
            Instructions::Common => pulp::Arch::Scalar,
            #[cfg(not(target_arch = "x86_64"))]
            Instructions::Common => pulp::Arch::new(),
        }
    }

    /// Uses this kernel in the whole process from now on: for tests and measurements.
    pub fn select(self) {
        CURRENT.store(self.0 as u8, Ordering::Relaxed);
    }

    /// Name for reports.
    pub fn name(self) -> &'static str {
        match self.0 {
            Instructions::Common if cfg!(target_arch = "aarch64") => "neon",
            Instructions::Common if cfg!(target_arch = "x86_64") => "sse2",
            Instructions::Common => "common",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => "avx512",
        }
    }

    /// Runs `work` with these instructions.
    #[inline]
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor was asked whether it has the instructions")
    )]
    pub fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Instructions::Common => work.run(),
            // SAFETY: a `Kernel` is made by `available` alone, which asks the processor.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { avx512(work) },
        }
    }
}

impl Instructions {
    fn are_there(self) -> bool {
        match self {
            Self::Common => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => std::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512bw")
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw")]
fn avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

/// Runs `work` on the current kernel.
#[inline]
pub fn run<W: Work>(work: W) -> W::Output {
    Kernel::current().run(work)
}

/// Has the line of memory at this address fetched.
#[inline(always)]
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "nothing is read: an address where nothing is does no harm")
)]
fn fetch_line(there: *const f64) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch has no effect but on caches, whatever the address; SSE is on all x86_64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(there.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = there;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_kernel_is_always_there_and_names_differ() {
        let names: Vec<&str> = Kernel::available().map(Kernel::name).collect();
        assert!(!names.is_empty());
        let mut unique = names.clone();
        unique.dedup();
        assert_eq!(names, unique);
    }
}
