//! One-time keys: uploaded in order, claimed by two people at the same time, each handed out at most once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Answer, Client};

use crate::life::Life;

/// Keys of one upload.
const BATCH: u32 = 10;
/// Claims between two looks at what is left; each takes two keys.
const ROUNDS: u32 = 5;
/// More are uploaded when fewer are left: enough for all rounds, the one after a kill, and what unanswered claims took.
const LEFT_MIN: u32 = 2 * ROUNDS + 4;

/// One owner of keys and two who claim them.
pub(crate) struct Keys {
    owner: Client,
    claimers: [Client; 2],
    /// The number of the next key to be uploaded. All before it are acknowledged.
    next_upload: u32,
    signing_key: SigningKey,
    /// The kill came before an upload was answered.
    unsure: bool,
    /// The number of the next key to be claimed: a claim that was never answered may have taken one.
    next_claim: RangeInclusive<u32>,
    claimed: BTreeSet<u32>,
}

impl Keys {
    /// Gives the owner's device its keys, which the one-time keys are signed with.
    pub(crate) async fn new(owner: Client, claimers: [Client; 2]) -> Self {
        let signing_key = SigningKey::from_bytes(&[7; 32]);
        let (claimed, next_claim) = (BTreeSet::new(), 0..=0);
        let keys = Self { owner, claimers, next_upload: 0, signing_key, unsure: false, next_claim, claimed };
        let device = &keys.owner.device_id;
        // The names are in the order of canonical JSON, which is what is signed.
        let device_keys = keys.sign(json!({
            "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "device_id": device,
            "keys": {
                format!("curve25519:{device}"): base64(&[9; 32]),
                format!("ed25519:{device}"): base64(keys.signing_key.verifying_key().as_bytes()),
            },
            "user_id": keys.owner.user_id,
        }));
        keys.owner.keys("upload", &json!({ "device_keys": device_keys })).await.ok();
        keys
    }

    fn sign(&self, mut object: Value) -> Value {
        let signature = base64(&self.signing_key.sign(object.to_string().as_bytes()).to_bytes());
        object["signatures"] =
            json!({ &self.owner.user_id: { format!("ed25519:{}", self.owner.device_id): signature } });
        object
    }

    fn upload(&self) -> reqwest::RequestBuilder {
        let key = |number: u32| {
            let key = self.sign(json!({ "key": format!("key{number}") }));
            (format!("signed_curve25519:AAAA{number:06}"), key)
        };
        let keys: serde_json::Map<String, Value> = (self.next_upload..self.next_upload + BATCH).map(key).collect();
        self.owner.request(Method::POST, "/_matrix/client/v3/keys/upload").json(&json!({ "one_time_keys": keys }))
    }

    fn claim(&self, by: &Client) -> reqwest::RequestBuilder {
        let wanted = json!({ &self.owner.user_id: { &self.owner.device_id: "signed_curve25519" } });
        by.request(Method::POST, "/_matrix/client/v3/keys/claim").json(&json!({ "one_time_keys": wanted }))
    }

    /// The number of the key in an answer, whose content must belong to it.
    fn number(&self, answer: Answer) -> u32 {
        let answer = answer.ok();
        let keys = answer["one_time_keys"][&self.owner.user_id][&self.owner.device_id].as_object();
        let (id, key) = keys.and_then(|keys| keys.iter().next()).unwrap_or_else(|| panic!("no key is left: {answer}"));
        let number: u32 = id.rsplit("AAAA").next().and_then(|digits| digits.parse().ok()).expect("our own key id");
        assert_eq!(key["key"], format!("key{number}"));
        number
    }

    /// Uploads and claims until the kill.
    pub(crate) async fn run(&mut self, life: &Life) {
        while !life.ended() {
            while self.next_upload < self.next_claim.end() + LEFT_MIN {
                self.unsure = true;
                let Some(answer) = life.attempt(&self.owner, self.upload()).await else { return };
                answer.ok();
                self.uploaded();
            }
            for _ in 0..ROUNDS {
                let [one, other] = &self.claimers;
                let (first, second) =
                    tokio::join!(life.attempt(one, self.claim(one)), life.attempt(other, self.claim(other)));
                let answered: BTreeSet<u32> = [first, second].into_iter().flatten().map(|a| self.number(a)).collect();
                self.count(&answered);
                if answered.len() < 2 {
                    // The count is also short if both were handed the same key; then both were answered.
                    assert!(life.ended(), "two claims were answered with the same key: {answered:?}");
                    return;
                }
            }
        }
    }

    fn uploaded(&mut self) {
        self.next_upload += BATCH;
        self.unsure = false;
    }

    /// Two claims were made, and these were answered.
    fn count(&mut self, answered: &BTreeSet<u32>) {
        let (low, high) = (*self.next_claim.start(), *self.next_claim.end());
        for number in answered {
            assert!(self.claimed.insert(*number), "key {number} was handed out twice");
            let turn = low..=high + 1;
            assert!(turn.contains(number), "key {number} was handed out, but it was the turn of {turn:?}");
        }
        self.next_claim = match (answered.first(), answered.last()) {
            // Both, one after the other.
            (Some(first), Some(last)) if first != last => {
                assert_eq!(first + 1, *last, "a key was skipped");
                last + 1..=last + 1
            }
            // The other one took the key before, or the one after, or none.
            (Some(only), _) => only + 1..=(only + 2).min(high + 2),
            (None, _) => low..=high + 2,
        };
    }

    /// After a restart: an unanswered upload is repeated, and may have happened already. A life that ended before its first
    /// upload may have left no key to look at.
    pub(crate) async fn check(&mut self, base_url: &str) {
        self.owner = self.owner.moved_to(base_url);
        self.claimers.iter_mut().for_each(|claimer| *claimer = claimer.moved_to(base_url));
        if self.unsure || self.next_upload <= *self.next_claim.end() {
            self.owner.answer(self.upload()).await.ok();
            self.uploaded();
        }
        // One alone now, so that the next life starts from a known place.
        let number = self.number(self.owner.answer(self.claim(&self.claimers[0])).await);
        assert!(self.claimed.insert(number), "key {number} was handed out twice");
        assert!(self.next_claim.contains(&number), "key {number} was handed out instead of {:?}", self.next_claim);
        self.next_claim = number + 1..=number + 1;
    }

    /// How many keys were handed out.
    pub(crate) fn count_claimed(&self) -> usize {
        self.claimed.len()
    }
}

fn base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}
