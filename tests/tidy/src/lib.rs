//! House rules as tests: layers, sizes, words, and documents that must not drift from the code.
//!
//! Nothing here is used by the product. Each rule is one test, whose failure lists every place that
//! breaks it, so that one run is enough to mend them all.

#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod files;
#[cfg(test)]
mod growth;
#[cfg(test)]
mod house;
#[cfg(test)]
mod layers;
