//! Whole-appliance suites over the shipped binary.
