//! Which certificate of a file is the server's, and in which order the others vouch for it.

use crate::fault::Fault;
use crate::x509::Facts;

/// A file's certificates as they belong together.
#[derive(Debug)]
pub(super) struct Chain {
    /// The places of the certificates in the file, from the server's upward.
    order: Vec<usize>,
    /// How many certificates the file has.
    count: usize,
}

impl Chain {
    /// The place of the server's certificate in the file.
    pub(super) fn server(&self) -> usize {
        self.order[0]
    }

    /// The places of those that belong together, from the server's upward.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// What is wrong with the order in the file, if anything.
    pub(super) fn fault(&self) -> Option<Fault> {
        if self.order.len() < self.count {
            let stray = (0..self.count).find(|place| !self.order.contains(place))?;
            return Some(Fault::NotPartOfChain { certificate: stray + 1 });
        }
        let is_sorted = self.order.iter().enumerate().all(|(index, place)| index == *place);
        (!is_sorted).then(|| Fault::WrongOrder { right_order: self.order.iter().map(|place| place + 1).collect() })
    }
}

/// Sorts the certificates of a file, which has at least one. `key` is the public half of the uploaded key, if it could be read.
pub(super) fn sort(certificates: &[Facts], key: Option<&[u8]>) -> Chain {
    let mut order = vec![find_server(certificates, key)];
    loop {
        let last = &certificates[order[order.len() - 1]];
        if last.is_self_issued() {
            break;
        }
        let mut above = (0..certificates.len())
            .filter(|place| !order.contains(place) && certificates[*place].subject == last.issuer);
        let Some(first) = above.next() else { break };
        // An authority may have issued itself anew with another key: the one whose key really signed goes before.
        let signer =
            std::iter::once(first).chain(above).find(|place| last.is_signed_by(&certificates[*place]) == Some(true));
        order.push(signer.unwrap_or(first));
    }
    Chain { order, count: certificates.len() }
}

/// The certificate of the key, unless that is an authority's and another is a server's: then the wrong key was sent, and the
/// first that is no authority is the server's. Without either it is the first.
fn find_server(certificates: &[Facts], key: Option<&[u8]>) -> usize {
    let by_key = certificates.iter().position(|facts| key == Some(facts.spki.as_slice()));
    let by_kind = certificates.iter().position(|facts| !facts.is_authority);
    match (by_key, by_kind) {
        (Some(by_key), Some(by_kind)) if certificates[by_key].is_authority => by_kind,
        (by_key, by_kind) => by_key.or(by_kind).unwrap_or(0),
    }
}
