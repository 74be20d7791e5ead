//! One life of the server: from its start to its kill.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::RequestBuilder;
use veche_test_harness::{Answer, Client};

/// Knows whether the server still runs.
#[derive(Default)]
pub(crate) struct Life {
    ended: AtomicBool,
}

impl Life {
    /// Said just before the kill: from now on, requests may fail.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    /// True once the kill is due.
    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// The answer to a request; `None` if the kill came first, and then nobody knows whether it happened.
    pub(crate) async fn attempt(&self, client: &Client, request: RequestBuilder) -> Option<Answer> {
        match client.try_send(request).await {
            Ok(answer) => Some(answer),
            Err(error) => {
                assert!(self.ended(), "a request failed while the server ran: {error:?}");
                None
            }
        }
    }
}

/// Numbers from a seed, so that a failure can be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// Some bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend(self.below(u64::MAX).to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}
