//! HTTP in and out: routes, extractors, limits, errors.
