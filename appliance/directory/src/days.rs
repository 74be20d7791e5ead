//! Numbers of each day, for the console.

use veche_store::sql::days::{self, Day};

use crate::StoreError;
use crate::directory::Directory;
use crate::journal::Authority;

impl Directory {
    /// Adds to the numbers of a day.
    pub async fn record_day(&self, seen: Day) -> Result<(), StoreError> {
        self.sql.write(move |tx| days::add(tx, &seen)).await
    }

    /// The days from `first` on, in order.
    pub async fn days_since(&self, _authority: &Authority, first: u64) -> Result<Vec<Day>, StoreError> {
        self.sql.read(move |view| days::since(view, first)).await
    }
}
