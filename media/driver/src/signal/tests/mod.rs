//! What clients hear of one another, and what is refused.

mod hostile;
mod rooms;
mod service;
mod tracks;
mod two_connections;
