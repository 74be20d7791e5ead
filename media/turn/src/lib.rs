//! STUN and TURN server (RFC 8489, RFC 8656) without input or output of its own.

pub mod stun;
