//! Starts the shipped binary on port 0 in a temporary folder, and speaks to it.
