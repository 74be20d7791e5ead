//! Pure building blocks: clock and entropy traits, limits, redaction, metric registry.
