//! The front door of the shipped binary: certificates from every source, port 80, proxies, TURN beside HTTPS, and clients
//! that dawdle.

mod acme_pebble;
mod authority;
mod certificates;
mod command;
mod console;
mod listeners;
mod openssl;
mod pebble;
mod tls;
mod turn;

/// What the server is called in these tests: a name that no certificate of the machine's own store covers.
const NAME: &str = "chat.example.org";
