//! What happens: timeline, membership, sync, end-to-end keys, content, notifications, jobs.
