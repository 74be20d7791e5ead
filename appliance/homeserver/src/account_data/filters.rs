//! Filters that clients have saved. Immutable: the same definition gets the same id again.

use ruma::UserId;
use veche_store::{Error, Json, records::users::FilterKey};

use super::AccountData;
use crate::filter::FilterDefinition;

/// Filters one user may save.
pub const FILTERS_PER_USER_MAX: usize = veche_base::limits::FILTERS_PER_USER_MAX;

/// Why a filter was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveFilterError {
    /// The user has saved as many as he may.
    #[error("an account may save {FILTERS_PER_USER_MAX} filters")]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl AccountData {
    /// Saves a filter and answers its id.
    pub async fn save_filter(&self, user: &UserId, filter: &FilterDefinition) -> Result<String, SaveFilterError> {
        let json = Json::new(filter).map_err(|error| Error::corrupt("FilterKey", user.as_str(), &error.to_string()))?;
        let user = user.to_owned();
        self.core
            .store
            .commit(move |txn| {
                let saved = txn.scan::<FilterKey>((&user,))?;
                if let Some((key, _)) = saved.iter().find(|(_, known)| *known == json) {
                    return Ok(key.filter_id.clone());
                }
                if saved.len() >= FILTERS_PER_USER_MAX {
                    return Err(SaveFilterError::TooMany);
                }
                let filter_id = saved.len().to_string();
                txn.put(&FilterKey { user, filter_id: filter_id.clone() }, &json);
                Ok(filter_id)
            })
            .await
    }

    /// A filter that `user` saved.
    pub fn filter(&self, user: &UserId, filter_id: &str) -> Result<Option<FilterDefinition>, Error> {
        let key = FilterKey { user: user.to_owned(), filter_id: filter_id.to_owned() };
        let Some(json) = self.core.store.get(&key)? else { return Ok(None) };
        json.parse().map(Some).map_err(|error| Error::corrupt("FilterKey", filter_id, &error.to_string()))
    }
}
