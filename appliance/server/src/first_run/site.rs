//! What the wizard asks of the machine: whether a name can be the server's, where it leads, whether a certificate can come
//! from somewhere.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ruma::{OwnedServerName, ServerName};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use veche_acme::{Certificates, Name};
use veche_api::admin::v1::certificate::{CertificateChoice, CertificateRefusal, CertificateUpload};
use veche_api::admin::v1::reachability::{Report, Visit};
use veche_api::setup::{NameRefusal, NameReport, NameVerdict, NewSite};
use veche_directory::setup::{Draft, DraftCertificate, DraftRegistration};

use super::{End, Waiting};
use crate::addresses::{Whereabouts, resolve};
use crate::console::{BadChange, Changes, checked_upload, stored_choice, with_changes};
use crate::ready::Bound;
use crate::settings::{Loaded, entry};
use crate::tls;
use crate::wiring::base_url;

/// The server that is to be.
pub(super) struct Site {
    loaded: Loaded,
    whereabouts: Arc<Whereabouts>,
    certificates: Certificates,
    bound: Bound,
    end: mpsc::Sender<End>,
}

impl Site {
    pub(super) fn new(
        loaded: &Loaded,
        whereabouts: Arc<Whereabouts>,
        certificates: Certificates,
        bound: Bound,
        end: mpsc::Sender<End>,
    ) -> Self {
        Self { loaded: loaded.clone(), whereabouts, certificates, bound, end }
    }

    /// The settings under this name, as far as it is for the wizard to say.
    fn named(&self, name: &ServerName) -> Result<Loaded, BadChange> {
        with_changes(&self.loaded, &vec![("server.name", Some(json!(name)))])
    }

    fn own_addresses(&self) -> Vec<IpAddr> {
        let mut addresses = self.whereabouts.of_the_site();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    async fn report(&self, name: &ServerName) -> NameReport {
        let own = self.own_addresses();
        let report = |verdict, leads_to: &[IpAddr], resolver| NameReport {
            server_name: name.to_string(),
            verdict,
            leads_to: leads_to.iter().map(ToString::to_string).collect(),
            own_addresses: own.iter().map(ToString::to_string).collect(),
            resolver,
        };
        let host = match Name::of_server(name.as_str()) {
            Ok(Name::Address(address)) => {
                let is_own = own.contains(&address) || address.is_loopback();
                let verdict = if is_own { NameVerdict::OwnAddress } else { NameVerdict::OtherAddress };
                return report(verdict, &[address], None);
            }
            Ok(Name::Dns(host)) => host,
            Err(bad) => return report(NameVerdict::Nowhere, &[], Some(bad.to_string())),
        };
        match resolve(&host).await {
            Ok(found) => report(verdict(&host, &found, &own), &found, None),
            Err(words) => report(NameVerdict::Nowhere, &[], Some(words)),
        }
    }

    async fn started(&self, visit: Visit) -> Option<Report> {
        let (answer, report) = oneshot::channel();
        self.end.send(End::Finished(Waiting { visit, answer })).await.ok()?;
        report.await.ok()
    }
}

/// What it says of a name that it leads to these addresses.
fn verdict(host: &str, found: &[IpAddr], own: &[IpAddr]) -> NameVerdict {
    let is_local = host == "localhost" || host.ends_with(".localhost");
    if is_local || found.iter().all(IpAddr::is_loopback) {
        NameVerdict::ThisMachineOnly
    } else if found.iter().any(|address| own.contains(address)) {
        NameVerdict::Here
    } else {
        NameVerdict::Elsewhere
    }
}

impl NewSite for Site {
    fn name(&self, text: &str) -> Result<OwnedServerName, NameRefusal> {
        let fixed = self.fixed_name();
        if let Some(fixed) = fixed.filter(|fixed| fixed.as_str() != text) {
            return Err(NameRefusal::Fixed(fixed));
        }
        let entry = entry("server.name").ok_or_else(|| NameRefusal::Invalid("there is no such setting".to_owned()))?;
        if self.loaded.is_fixed(entry.key) {
            return Ok(self.loaded.settings.server.name.clone());
        }
        let named = self.loaded.with_value(entry, Some(&text.into())).map_err(NameRefusal::Invalid)?;
        Ok(named.settings.server.name)
    }

    fn fixed_name(&self) -> Option<OwnedServerName> {
        self.loaded.is_fixed("server.name").then(|| self.loaded.settings.server.name.clone())
    }

    fn look<'a>(&'a self, name: &'a ServerName) -> BoxFuture<'a, NameReport> {
        self.report(name).boxed()
    }

    fn check_certificate(&self, name: &ServerName, choice: &CertificateChoice) -> Result<(), CertificateRefusal> {
        if self.loaded.is_fixed("tls.source") {
            // Whatever is answered, the settings of the machine hold.
            return Ok(());
        }
        let named = self.named(name).map_err(tls::bad_choice)?;
        let wanted = with_changes(&named, &stored_choice(choice, &named.settings));
        let wanted = wanted.map_err(tls::bad_choice)?;
        tls::check_choice(&wanted)
    }

    fn upload<'a>(
        &'a self,
        name: &'a ServerName,
        upload: CertificateUpload,
    ) -> BoxFuture<'a, Result<(), CertificateRefusal>> {
        async move {
            let named = self.named(name).map_err(tls::bad_choice)?;
            let names = tls::names(&named.settings, &[]);
            let names = names.map_err(|(key, bad)| tls::bad_choice(BadChange { key, words: bad.to_string() }))?;
            checked_upload(self.certificates.clone(), names.public, upload).await
        }
        .boxed()
    }

    fn base_url(&self, name: &ServerName) -> String {
        let named = self.named(name);
        let settings = named.as_ref().map_or(&self.loaded.settings, |named| &named.settings);
        base_url(settings, self.bound.http, self.bound.https)
    }

    fn settings_of(&self, draft: &Draft) -> Vec<(String, Value)> {
        let changes = settings_of(draft, &self.loaded);
        changes.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    fn start(&self, visit: Visit) -> BoxFuture<'_, Option<Report>> {
        self.started(visit).boxed()
    }
}

/// What the answers become. Where the settings of the machine say otherwise, those hold, and nothing is stored.
fn settings_of(draft: &Draft, loaded: &Loaded) -> Changes {
    let mut changes: Changes = Vec::new();
    if let Some(organisation) = &draft.organisation {
        changes.push(("server.name", Some(json!(organisation.server_name))));
        changes.push(("site.name", Some(json!(organisation.name))));
    }
    changes.push(("site.language", draft.language.map(|language| json!(language))));
    changes.push(("rooms.encryption", draft.encryption.map(|policy| json!(policy))));
    let mode = draft.registration.as_ref().map(|registration| match registration {
        DraftRegistration::Closed => json!("closed"),
        DraftRegistration::Token { .. } => json!("token"),
    });
    changes.push(("registration.mode", mode));
    if let Some(certificate) = &draft.certificate {
        changes.extend(stored_choice(&choice(certificate), &loaded.settings));
    }
    changes.retain(|(key, _)| !loaded.is_fixed(key));
    changes
}

fn choice(certificate: &DraftCertificate) -> CertificateChoice {
    match certificate {
        DraftCertificate::Own => CertificateChoice::Own,
        DraftCertificate::Upload => CertificateChoice::Upload,
        DraftCertificate::Acme { directory, email } => {
            CertificateChoice::Acme { directory: directory.clone(), email: email.clone() }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use ruma::owned_server_name;
    use serde_json::json;
    use veche_api::setup::NameVerdict;
    use veche_directory::setup::{Draft, DraftCertificate, DraftOrganisation, DraftRegistration};
    use veche_directory::{EncryptionPolicy, Language};

    use super::{settings_of, verdict};
    use crate::settings::Loaded;

    #[test]
    fn a_name_is_judged_by_where_it_leads() {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let own = addresses(&["192.0.2.7", "2001:db8::7"]);
        for (host, found, expected) in [
            ("chat.example.org", &["192.0.2.7"][..], NameVerdict::Here),
            ("chat.example.org", &["203.0.113.1", "2001:db8::7"], NameVerdict::Here),
            ("chat.example.org", &["203.0.113.1"], NameVerdict::Elsewhere),
            ("chat.example.org", &["127.0.1.1"], NameVerdict::ThisMachineOnly),
            ("localhost", &["127.0.0.1", "::1"], NameVerdict::ThisMachineOnly),
        ] {
            assert_eq!(verdict(host, &addresses(found), &own), expected, "{host} {found:?}");
        }
    }

    #[test]
    fn answers_become_settings_but_for_those_that_the_machine_says() {
        let draft = Draft {
            language: Some(Language::Ru),
            organisation: Some(DraftOrganisation {
                name: "Acme".to_owned(),
                server_name: owned_server_name!("chat.example.org"),
            }),
            certificate: Some(DraftCertificate::Own),
            owner: None,
            registration: Some(DraftRegistration::Token { token: "x".to_owned() }),
            encryption: Some(EncryptionPolicy::Private),
        };
        let loaded = Loaded::read(None, &["registration.mode=closed".parse().unwrap()]).unwrap();
        let settings = settings_of(&draft, &loaded);
        let told: Vec<_> = settings.iter().map(|(key, value)| (*key, value.clone().unwrap())).collect();
        assert_eq!(
            told,
            [
                ("server.name", json!("chat.example.org")),
                ("site.name", json!("Acme")),
                ("site.language", json!("ru")),
                ("rooms.encryption", json!("private")),
                ("tls.source", json!("own")),
            ]
        );
    }
}
