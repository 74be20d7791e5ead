//! Encrypts and decrypts each frame outside of the page's own thread. A file of ours, because the policy lets no other be a worker.

import "livekit-client/e2ee-worker";
