//! The console's API of the shipped binary: who may do what, what it does, and that everything done is in the journal.

mod access;
mod house;
mod people;
mod rooms;
mod second_factor;
mod site;
