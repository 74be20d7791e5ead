//! The account at a directory, kept so that limits and authorizations stay with it.

use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{OrderError, Orders};
use crate::transport::Transport;

impl Orders<'_> {
    /// The account at the directory: the one on disk, or a new one.
    pub(super) async fn account(&self, transport: &Transport, directory_url: &str) -> Result<Account, OrderError> {
        let Some(file) = self.folder.read(&file_name(directory_url)).map_err(OrderError::Folder)? else {
            return self.new_account(transport, directory_url).await;
        };
        match serde_json::from_slice::<AccountCredentials>(&file) {
            Ok(credentials) => {
                let builder = Account::builder_with_http(Box::new(transport.clone()));
                builder.from_credentials(credentials).await.map_err(OrderError::of)
            }
            Err(error) => {
                warn!(directory_url, %error, "the account's file is damaged; a new account is made");
                self.new_account(transport, directory_url).await
            }
        }
    }

    /// Makes an account, and keeps its key before anything is ordered with it.
    pub(super) async fn new_account(&self, transport: &Transport, directory_url: &str) -> Result<Account, OrderError> {
        let contacts: Vec<String> = self.settings.contacts.iter().map(|mail| format!("mailto:{mail}")).collect();
        let contacts: Vec<&str> = contacts.iter().map(String::as_str).collect();
        let wanted = NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
        let external = self
            .settings
            .external_account
            .as_ref()
            .map(|external| ExternalAccountKey::new(external.key_id.clone(), external.hmac_key.expose()));
        let builder = Account::builder_with_http(Box::new(transport.clone()));
        let created = builder.create(&wanted, directory_url.to_owned(), external.as_ref()).await;
        let (account, credentials) = created.map_err(OrderError::of)?;
        let file = serde_json::to_vec(&credentials).map_err(|error| OrderError::of(error.into()))?;
        self.folder.write(&file_name(directory_url), &file).map_err(OrderError::Folder)?;
        info!(directory_url, "an account was made");
        Ok(account)
    }
}

/// A file for each directory; its name is a hash, because a URL is no file name.
fn file_name(directory_url: &str) -> String {
    let hash: String = Sha256::digest(directory_url).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("acme-account-{hash}.json")
}
