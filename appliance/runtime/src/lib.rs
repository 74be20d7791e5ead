//! The machine's side: system clock, OS entropy, worker supervisor, shutdown, the one outbound HTTP client.
