//! A small pool of reading connections.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use super::{Error, OpenError, View, connection};

/// Reading connections. What is asked often is kept in memory by its owner, so a few are enough.
const READERS: usize = 4;

pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

/// A connection on loan; it goes back to the pool even when the work panics.
struct Borrowed<'r> {
    connection: Option<Connection>,
    readers: &'r Readers,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let idle = (0..READERS).map(|_| connection::open_reader(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    pub(super) async fn read<R, E>(
        self: Arc<Self>,
        work: impl FnOnce(&View<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let reading = tokio::task::spawn_blocking(move || self.read_blocking(work));
        reading.await.unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    pub(super) fn read_blocking<R, E: From<Error>>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let borrowed = self.borrow();
        // A transaction, so that several statements of one piece of work see the same moment.
        let moment = borrowed.get().unchecked_transaction().map_err(Error::from)?;
        work(&View::new(&moment))
    }

    fn borrow(&self) -> Borrowed<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle = self.returned.wait_while(idle, |idle| idle.is_empty()).unwrap_or_else(PoisonError::into_inner);
        Borrowed { connection: idle.pop(), readers: self }
    }
}

impl Borrowed<'_> {
    fn get(&self) -> &Connection {
        self.connection.as_ref().expect("a borrowed connection is given back by drop only")
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            self.readers.returned.notify_one();
        }
    }
}
