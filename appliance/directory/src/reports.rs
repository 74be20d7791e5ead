//! Reports to the administrators.

use veche_store::sql::reports::{self, Report, Subject};

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::Authority;
use crate::requester::Requester;

/// Reports one account may make in a day.
const REPORTS_PER_DAY_MAX: u64 = 100;

/// The longest reason, bytes.
const REASON_BYTES_MAX: usize = 4_096;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The reason is too long (`M_TOO_LARGE`).
    #[error("too long a reason")]
    TooLong,
    /// Enough for today (`M_LIMIT_EXCEEDED`).
    #[error("too many reports")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// Takes a report. The caller has checked that the requester may know of its subject.
    pub async fn report(
        &self,
        requester: &Requester,
        subject: Subject,
        reason: Option<String>,
    ) -> Result<u64, ReportError> {
        if reason.as_ref().is_some_and(|reason| reason.len() > REASON_BYTES_MAX) {
            return Err(ReportError::TooLong);
        }
        let at_ms = self.clock.wall_ms();
        let report = Report { at_ms, reporter: requester.user_id.clone(), subject, reason };
        self.sql
            .write(move |tx| {
                if reports::count_since(tx, &report.reporter, at_ms.saturating_sub(DAY_MS))? >= REPORTS_PER_DAY_MAX {
                    return Err(ReportError::TooMany);
                }
                Ok(reports::create(tx, &report)?)
            })
            .await
    }

    /// Reports with a number below `before`, newest first.
    pub async fn reports(
        &self,
        _authority: &Authority,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Report)>, StoreError> {
        self.sql.read(move |view| reports::page(view, before, limit)).await
    }

    /// Deletes a report that was dealt with; `false` when there is none such.
    pub async fn delete_report(&self, authority: &Authority, number: u64) -> Result<bool, StoreError> {
        let act = self.act(authority, "report.delete", &number.to_string(), serde_json::json!({}));
        self.sql
            .write(move |tx| {
                let deleted = reports::delete(tx, number)?;
                if deleted {
                    veche_store::sql::journal::append(tx, &act)?;
                }
                Ok(deleted)
            })
            .await
    }
}
