//! Certificates by ACME: when one is ordered, what becomes of it, and what is kept about it.

use std::sync::Arc;

use tracing::{error, warn};

use super::{Certificates, State};
use crate::check::missing_names;
use crate::credential::Credential;
use crate::folder::{Folder, FolderError};
use crate::names::Name;
use crate::order::{OrderError, Orders, Refused};
use crate::schedule::{Failure, Schedule, Stage};
use crate::source::{AcmeSettings, ChallengeKind, Source};
use crate::x509::UnixSeconds;

/// The chain from the directory with its key.
pub(super) const ACME_FILE: &str = "acme.pem";
/// What is known about the orders.
pub(super) const SCHEDULE_FILE: &str = "acme-schedule.json";

/// Why a certificate was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The one in use is not from an ACME directory.
    #[error("The certificate in use is not from an ACME authority.")]
    NotFromAuthority,
    /// The authority refused or could not be asked.
    #[error("{words}")]
    Refused {
        /// A stable word for translations.
        code: &'static str,
        /// Plain English, with what the authority said.
        words: String,
    },
}

/// An order that is to be made now.
struct Due {
    settings: AcmeSettings,
    directory_url: String,
    stage: Stage,
    challenge: ChallengeKind,
    names: Vec<Name>,
}

/// The certificate from a directory and what is known about its orders, as a former run left them. Damaged files count as none.
pub(super) fn read(folder: &Folder, source: &Source) -> Result<(Option<Credential>, Option<Schedule>), FolderError> {
    let credential = folder.read(ACME_FILE)?.and_then(|file| Credential::read(&file).ok());
    let kept = folder.read(SCHEDULE_FILE)?.and_then(|file| serde_json::from_slice::<Schedule>(&file).ok());
    Ok((credential, schedule_for(source, kept)))
}

/// The schedule for a source: what is known if it is about the same directory, and a new one otherwise.
pub(super) fn schedule_for(source: &Source, kept: Option<Schedule>) -> Option<Schedule> {
    let Source::Acme(settings) = source else { return None };
    let kept = kept.filter(|schedule| schedule.directory_url == settings.directory_url);
    Some(kept.unwrap_or_else(|| Schedule::new(settings)))
}

impl State {
    fn due_order(&self, now: UnixSeconds) -> Option<Due> {
        let Source::Acme(settings) = &self.source else { return None };
        let schedule = self.schedule.as_ref()?;
        if self.next_order(now)? > now {
            return None;
        }
        let (stage, directory_url) = match (schedule.stage, &settings.staging_url) {
            (Stage::Staging, Some(staging_url)) => (Stage::Staging, staging_url.clone()),
            _ => (Stage::Production, settings.directory_url.clone()),
        };
        let names = self.names.public.clone();
        Some(Due { settings: settings.clone(), directory_url, stage, challenge: schedule.challenge, names })
    }

    fn next_order(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let current = self.acme.as_ref().map(|credential| credential.facts.as_ref());
        let current = current.filter(|facts| missing_names(facts, &self.names.public).is_empty());
        self.schedule.as_ref().map(|schedule| schedule.due_at(now, current))
    }
}

impl Certificates {
    /// Replaces the certificate from the directory as soon as possible, whatever time it has left and whatever failed before.
    pub fn renew_now(&self) {
        let mut state = self.state();
        if let Some(schedule) = &mut state.schedule {
            schedule.hurry();
            self.keep_schedule(&state);
        }
        drop(state);
        self.inner.wake.notify_one();
    }

    /// Tells the authority that the key of the certificate in use may be in wrong hands, and gets another one.
    ///
    /// The revoked one stays in use until the other is there.
    pub async fn revoke(&self) -> Result<(), RevokeError> {
        let _turn = self.inner.turn.lock().await;
        let wanted = {
            let state = self.state();
            let Source::Acme(settings) = state.source.clone() else { return Err(RevokeError::NotFromAuthority) };
            state.acme.clone().map(|credential| (settings, credential))
        };
        let Some((settings, credential)) = wanted else { return Err(RevokeError::NotFromAuthority) };
        let revoked = self.orders(&settings).revoke(&settings.directory_url, &credential).await;
        revoked.map_err(|error| RevokeError::Refused { code: error.code(), words: error.to_string() })?;
        warn!("the certificate in use was revoked; another one is ordered");
        self.renew_now();
        Ok(())
    }

    /// When the next order is due, if a directory is the wanted source.
    pub(super) fn next_order(&self, state: &State, now: UnixSeconds) -> Option<UnixSeconds> {
        state.next_order(now)
    }

    /// Makes the order that is due; after a rehearsal that went well, also the real one.
    pub(super) async fn order_if_due(&self) {
        for _ in 0..2 {
            let now = self.now();
            let due = {
                let mut state = self.state();
                let Some(due) = state.due_order(now) else { return };
                if let Some(schedule) = &mut state.schedule {
                    schedule.began(now);
                    self.keep_schedule(&state);
                }
                due
            };
            let issued = self.orders(&due.settings).issue(&due.directory_url, due.challenge, &due.names).await;
            self.finish(&due, issued);
            if due.stage == Stage::Production {
                return;
            }
        }
    }

    fn orders<'a>(&'a self, settings: &'a AcmeSettings) -> Orders<'a> {
        Orders {
            folder: &self.inner.folder,
            resolver: &self.inner.resolver,
            tokens: &self.inner.tokens,
            outbound: Arc::clone(&self.inner.outbound),
            clock: Arc::clone(&self.inner.clock),
            settings,
        }
    }

    /// Keeps what an order brought, or remembers why it brought nothing.
    fn finish(&self, due: &Due, issued: Result<Credential, Refused>) {
        let kept = issued.and_then(|credential| match due.stage {
            Stage::Staging => Ok(None),
            Stage::Production => {
                let written = self.inner.folder.write(ACME_FILE, credential.to_pem().as_bytes());
                let refused = |error| Refused { error: OrderError::Folder(error), retry_after: None };
                written.map(|()| Some(credential)).map_err(refused)
            }
        });
        let stage = if due.stage == Stage::Staging { "staging" } else { "production" };
        let outcome = if kept.is_ok() { "issued" } else { "failed" };
        self.inner.metrics.orders.inc(&[("stage", stage), ("outcome", outcome)]);
        let mut state = self.state();
        // Somebody may have chosen another source meanwhile: then the order was about nothing.
        let Some(schedule) = state.schedule.as_mut().filter(|known| known.directory_url == due.settings.directory_url)
        else {
            return;
        };
        match kept {
            Ok(None) => schedule.rehearsed(),
            Ok(Some(credential)) => {
                schedule.succeeded();
                state.acme = Some(credential);
            }
            Err(refused) => {
                let mut random = [0; 4];
                self.inner.entropy.fill(&mut random);
                remember(schedule, due, &refused, self.now(), u32::from_le_bytes(random));
                warn!(
                    stage,
                    code = refused.error.code(),
                    failures = schedule.failures,
                    next_try = schedule.wait_until,
                    error = %refused.error,
                    "no certificate was issued; the old one stays in use"
                );
            }
        }
        self.keep_schedule(&state);
        self.put_in_use(&mut state);
    }

    fn keep_schedule(&self, state: &State) {
        let Some(schedule) = &state.schedule else { return };
        let text = serde_json::to_vec_pretty(schedule).expect("numbers and strings are JSON");
        if let Err(error) = self.inner.folder.write(SCHEDULE_FILE, &text) {
            error!(%error, "the time of the next order cannot be kept");
        }
    }
}

fn remember(schedule: &mut Schedule, due: &Due, refused: &Refused, now: UnixSeconds, random: u32) {
    let failure = Failure { code: refused.error.code().to_owned(), words: refused.error.to_string(), at: now };
    let asked_secs = refused.retry_after.map_or(0, |patience| patience.as_secs());
    schedule.failed(failure, asked_secs, random, &due.settings);
    if refused.error.is_about_the_challenge() {
        schedule.change_challenge();
    }
}
