//! Company directories: OpenLDAP's and Samba's own servers, asked by the shipped binary.

mod active_directory;
mod house;
mod looking;
mod signing_in;
mod testing;
