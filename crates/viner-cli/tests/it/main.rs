//! Whole commands: stdout, stderr, exit status, and what they write.

mod support;
