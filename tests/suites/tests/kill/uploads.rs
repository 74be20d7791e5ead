//! Uploaded files: an acknowledged one can be downloaded byte for byte.

use reqwest::Method;
use veche_test_harness::Client;

use crate::life::{Dice, Life};

/// Sizes of files, bytes: some fit into one piece of the server's, some do not.
const BYTES_MAX: u64 = 600_000;

/// Uploads files that can be made again from a seed.
pub(crate) struct Uploads {
    client: Client,
    dice: Dice,
    /// Address, seed, length.
    acknowledged: Vec<(String, u64, usize)>,
    /// How many of them were downloaded after a restart.
    checked: usize,
}

impl Uploads {
    pub(crate) fn new(client: Client, dice: Dice) -> Self {
        Self { client, dice, acknowledged: Vec::new(), checked: 0 }
    }

    /// Uploads until the kill.
    pub(crate) async fn run(&mut self, life: &Life) {
        while !life.ended() {
            let seed = self.dice.below(u64::MAX);
            let size = self.dice.below(BYTES_MAX);
            let length = usize::try_from(size).expect("it is small");
            let upload = self.client.request(Method::POST, "/_matrix/media/v3/upload");
            let upload = upload.header("content-type", "application/octet-stream").body(Dice(seed).bytes(length));
            let Some(answer) = life.attempt(&self.client, upload).await else { return };
            let address = answer.ok()["content_uri"].as_str().expect("an address").to_owned();
            self.acknowledged.push((address, seed, length));
        }
    }

    /// After a restart: what the last life acknowledged is there.
    pub(crate) async fn check(&mut self, base_url: &str) {
        self.client = self.client.moved_to(base_url);
        for file in &self.acknowledged[self.checked..] {
            self.download(file).await;
        }
        self.checked = self.acknowledged.len();
    }

    /// Every file of all lives.
    pub(crate) async fn check_all(&self) -> usize {
        for file in &self.acknowledged {
            self.download(file).await;
        }
        self.acknowledged.len()
    }

    async fn download(&self, (address, seed, length): &(String, u64, usize)) {
        let answer = self.client.download(address).await;
        assert_eq!(answer.status, 200, "{address} was acknowledged, but {answer}");
        assert!(answer.bytes == Dice(*seed).bytes(*length), "{address} has other bytes than were uploaded");
    }
}
