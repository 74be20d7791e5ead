//! A machine that is wherever a test says.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use veche_base::testing::ManualClock;
use veche_store::sql::{Options, Sql};

use super::interfaces::Interface;
use super::senses::Senses;
use super::{Bearings, Whereabouts};
use crate::settings::Settings;

/// What resolver and kernel say.
#[derive(Default)]
struct Said {
    records: Option<Vec<IpAddr>>,
    interfaces: Vec<Interface>,
    preferred: Vec<IpAddr>,
}

/// The world of a test. Clones are of the same.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<Said>>);

impl World {
    /// What DNS says of our own name; `None`: it does not answer.
    pub(crate) fn set_records(&self, records: Option<&[&str]>) {
        self.0.lock().unwrap().records = records.map(ips);
    }

    /// What the machine has beside loopback. The kernel prefers all of it.
    pub(crate) fn set_interfaces(&self, addresses: &[&str]) {
        let mut said = self.0.lock().unwrap();
        said.preferred = ips(addresses);
        let all = [&["127.0.0.1", "::1"], addresses].concat();
        said.interfaces = ips(&all).into_iter().map(|address| Interface { name: "eth0".to_owned(), address }).collect();
    }

    /// A machine in it, which keeps what it remembers in this folder.
    pub(crate) async fn machine(&self, settings: &Settings, dir: &Path) -> Arc<Whereabouts> {
        let sql = Sql::open(dir, Options::default()).unwrap();
        Whereabouts::find_with(Box::new(self.clone()), settings, sql, Arc::new(ManualClock::new())).await
    }
}

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

impl Senses for World {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, String>> {
        let records = self.0.lock().unwrap().records.clone();
        async move { records.ok_or_else(|| "nobody answers".to_owned()) }.boxed()
    }

    fn interfaces(&self) -> Vec<Interface> {
        self.0.lock().unwrap().interfaces.clone()
    }

    fn preferred(&self) -> Vec<IpAddr> {
        self.0.lock().unwrap().preferred.clone()
    }
}

impl Whereabouts {
    /// Two looks, which are enough to believe what they show.
    pub(crate) async fn look_twice(&self) {
        let suspected: Option<Bearings> = self.look_again(None).await;
        self.look_again(suspected).await;
    }
}
