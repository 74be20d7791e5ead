//! One order of a certificate by ACME (RFC 8555 §7), from the account to the checked chain.
//!
//! Nothing here decides when or how often: that is `schedule.rs`. Nothing is put in use here either.

mod account;
mod error;

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    AuthorizationStatus, ChallengeType, Identifier, NewOrder, Order, OrderStatus, Problem, RevocationReason,
    RevocationRequest,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair, SanType};
use tokio::time::{sleep, timeout};
use tracing::{debug, info};
use veche_base::Clock;

use crate::challenge::{Answer, HttpTokens};
use crate::check::{Checked, check};
use crate::credential::Credential;
use crate::fault::Fault;
use crate::folder::Folder;
use crate::names::Name;
use crate::own::sane_now;
use crate::pem;
use crate::resolver::Resolver;
use crate::source::{AcmeSettings, ChallengeKind};
use crate::transport::{Outbound, Transport};
use crate::x509::Facts;

pub(crate) use error::OrderError;

/// A whole order, from the account to the certificate. Validators try again for about a minute.
const ORDER_TIME_MAX: Duration = Duration::from_secs(5 * 60);
/// The first wait before an order is looked at again, if the authority asks for none; the next is twice as long.
const POLL_WAIT: Duration = Duration::from_millis(250);
/// The longest wait before an order is looked at again, whatever the authority asks for.
const POLL_WAIT_MAX: Duration = Duration::from_secs(30);

/// What an order is made with.
pub(crate) struct Orders<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) resolver: &'a Arc<Resolver>,
    pub(crate) tokens: &'a HttpTokens,
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: &'a AcmeSettings,
}

/// An order that failed, and the patience that the last answer asked for.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: OrderError,
    pub(crate) retry_after: Option<Duration>,
}

impl Orders<'_> {
    /// Orders a certificate for `names` from the directory, proving control by `kind` where the authority offers it.
    pub(crate) async fn issue(
        &self,
        directory_url: &str,
        kind: ChallengeKind,
        names: &[Name],
    ) -> Result<Credential, Refused> {
        let transport = Transport::new(Arc::clone(&self.outbound), Arc::clone(&self.clock));
        let order = self.order(&transport, directory_url, kind, names);
        let outcome = timeout(ORDER_TIME_MAX, order).await.unwrap_or(Err(OrderError::TimedOut));
        outcome.map_err(|error| Refused { error, retry_after: transport.retry_after() })
    }

    /// Tells the authority that nobody must trust the certificate any more (RFC 8555 §7.6).
    pub(crate) async fn revoke(&self, directory_url: &str, credential: &Credential) -> Result<(), OrderError> {
        let transport = Transport::new(Arc::clone(&self.outbound), Arc::clone(&self.clock));
        let account = self.account(&transport, directory_url).await?;
        let certificate = &credential.certified.cert[0];
        let request = RevocationRequest { certificate, reason: Some(RevocationReason::KeyCompromise) };
        match timeout(ORDER_TIME_MAX, account.revoke(&request)).await {
            Err(_) => Err(OrderError::TimedOut),
            Ok(revoked) => revoked.map_err(OrderError::of),
        }
    }

    async fn order(
        &self,
        transport: &Transport,
        directory_url: &str,
        kind: ChallengeKind,
        names: &[Name],
    ) -> Result<Credential, OrderError> {
        let identifiers: Vec<Identifier> = names
            .iter()
            .map(|name| match name {
                Name::Dns(name) => Identifier::Dns(name.clone()),
                Name::Address(address) => Identifier::Ip(*address),
            })
            .collect();
        let mut order = self.new_order(transport, directory_url, &NewOrder::new(&identifiers)).await?;
        // The answers stand until the order is ready or has failed.
        let answers = self.answer_challenges(&mut order, kind).await?;
        wait_for(&mut order, transport, OrderStatus::Ready).await?;
        drop(answers);
        let (request, key) = signing_request(names)?;
        order.finalize_csr(&request).await.map_err(OrderError::of)?;
        wait_for(&mut order, transport, OrderStatus::Valid).await?;
        let chain = order.certificate().await.map_err(OrderError::of)?.ok_or(OrderError::NoCertificate)?;
        let checked = self.check_issued(&chain, &key, names).map_err(OrderError::BadCertificate)?;
        info!(directory_url, "a certificate was issued");
        Credential::of_checked(checked).map_err(|_| OrderError::NoCertificate)
    }

    /// Checks an issued chain like an upload, but does not call it early: what was issued just now is valid for everybody whose
    /// clock is right, and ordering again would not help a clock that is behind.
    fn check_issued(&self, chain: &str, key: &str, names: &[Name]) -> Result<Checked, Vec<Fault>> {
        let certificates = pem::certificates(chain.as_bytes(), &mut Vec::new());
        let not_before =
            certificates.iter().filter_map(|der| Facts::read(der).ok()).map(|facts| facts.not_before).max();
        let now = sane_now(self.clock.as_ref()).max(not_before.unwrap_or(0));
        check(chain.as_bytes(), key.as_bytes(), names, now)
    }

    /// Begins an order; with a new account if the authority has forgotten ours.
    async fn new_order(
        &self,
        transport: &Transport,
        directory_url: &str,
        wanted: &NewOrder<'_>,
    ) -> Result<Order, OrderError> {
        let account = self.account(transport, directory_url).await?;
        match account.new_order(wanted).await.map_err(OrderError::of) {
            Err(OrderError::Refused(problem)) if error::is(&problem, "accountDoesNotExist") => {
                info!(directory_url, "the authority does not know the account any more; a new one is made");
                let account = self.new_account(transport, directory_url).await?;
                account.new_order(wanted).await.map_err(OrderError::of)
            }
            outcome => outcome,
        }
    }

    /// Puts an answer to one challenge of each name in place, and tells the authority to look at it.
    async fn answer_challenges(&self, order: &mut Order, wanted: ChallengeKind) -> Result<Vec<Answer>, OrderError> {
        let mut answers = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(OrderError::of)?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let name = authorization.identifier().to_string();
            let offered =
                |kind: ChallengeKind| authorization.challenges.iter().any(|offer| offer.r#type == type_of(kind));
            let kind = [wanted, wanted.other()].into_iter().find(|kind| offered(*kind));
            let Some((kind, parsed)) = kind.zip(Name::parse(&name).ok()) else {
                return Err(OrderError::NoChallenge(name));
            };
            let mut challenge = authorization.challenge(type_of(kind)).ok_or(OrderError::NoChallenge(name))?;
            let key_authorization = challenge.key_authorization();
            answers.push(match kind {
                ChallengeKind::Http01 => Answer::http(self.tokens, &challenge.token, key_authorization.as_str()),
                ChallengeKind::TlsAlpn01 => Answer::tls(self.resolver, &parsed, key_authorization.digest().as_ref())
                    .map_err(OrderError::Generate)?,
            });
            debug!(name = %parsed, kind = kind.as_str(), "a challenge is answered");
            challenge.set_ready().await.map_err(OrderError::of)?;
        }
        Ok(answers)
    }
}

/// Looks at the order until it is in the wanted state. The caller limits the time.
async fn wait_for(order: &mut Order, transport: &Transport, wanted: OrderStatus) -> Result<(), OrderError> {
    let mut wait = POLL_WAIT;
    loop {
        match order.state().status {
            status if status == wanted => return Ok(()),
            // An order that was ready before is finished by the same request.
            OrderStatus::Valid => return Ok(()),
            OrderStatus::Invalid => return Err(why_invalid(order).await),
            OrderStatus::Pending | OrderStatus::Ready | OrderStatus::Processing => {}
        }
        sleep(transport.retry_after().unwrap_or(wait).clamp(POLL_WAIT, POLL_WAIT_MAX)).await;
        wait = (wait * 2).min(POLL_WAIT_MAX);
        order.refresh().await.map_err(OrderError::of)?;
    }
}

/// What the authority says about the challenge that failed; it stands in the authorization.
async fn why_invalid(order: &mut Order) -> OrderError {
    let told = order.state().error.clone();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() || authorization.status != AuthorizationStatus::Invalid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let failed = authorization.challenges.iter().find_map(|challenge| {
            let problem = challenge.error.clone()?;
            Some((format!("{:?}", challenge.r#type), problem))
        });
        if let Some((kind, problem)) = failed {
            return OrderError::Challenge { name, kind, problem: Box::new(problem) };
        }
    }
    let nothing = || Problem { r#type: None, detail: None, status: None, subproblems: Vec::new() };
    OrderError::Refused(Box::new(told.unwrap_or_else(nothing)))
}

const fn type_of(kind: ChallengeKind) -> ChallengeType {
    match kind {
        ChallengeKind::Http01 => ChallengeType::Http01,
        ChallengeKind::TlsAlpn01 => ChallengeType::TlsAlpn01,
    }
}

/// A new key and the request to certify it: the request in DER, the key in PEM.
fn signing_request(names: &[Name]) -> Result<(Vec<u8>, String), OrderError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for name in names {
        params.subject_alt_names.push(match name {
            Name::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(OrderError::Generate)?),
            Name::Address(address) => SanType::IpAddress(*address),
        });
    }
    let key = KeyPair::generate().map_err(OrderError::Generate)?;
    let request = params.serialize_request(&key).map_err(OrderError::Generate)?;
    Ok((request.der().to_vec(), key.serialize_pem()))
}
