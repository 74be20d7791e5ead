//! Company directories: OpenLDAP's own server, asked by the shipped binary.

mod house;
mod looking;
mod signing_in;
mod testing;
