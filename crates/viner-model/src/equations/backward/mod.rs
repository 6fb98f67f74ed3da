//! The equations of regions and markets backwards: from derivatives with respect to what they
//! answer, to derivatives with respect to what they are asked and to their parameters.
//!
//! Each is laid out at one point and then applied to many derivatives; an application reads the large
//! arrays once, where the equations themselves do, and takes no power.

pub mod market;
pub mod region;
