//! A server with its people, where it has any: accounts are made when a bench first needs them, and shared by those that follow.

use crate::Failure;
use crate::http::Connection;
use crate::matrix::Session;
use crate::process::Running;

pub(crate) struct World {
    pub(crate) server: Running,
    people: Vec<Session>,
    /// The room that holds everybody, once a bench has made it.
    pub(crate) everybody: Option<String>,
    /// How many users the relay has had; each load takes new ones.
    pub(crate) relay_users: usize,
}

impl World {
    pub(crate) fn new(server: Running) -> Self {
        Self { server, people: Vec::new(), everybody: None, relay_users: 0 }
    }

    /// The first `count` people, each with a connection of its own for the caller.
    pub(crate) async fn people(&mut self, count: usize) -> Result<Vec<Session>, Failure> {
        let address = self.server.http()?;
        while self.people.len() < count {
            let name = format!("user{}", self.people.len());
            let session = Session::register(Connection::to(address), &name).await?;
            self.people.push(session);
        }
        // The server may have been started again elsewhere since.
        Ok(self.people[..count].iter().map(|p| p.at(address)).collect())
    }

    /// A room of the first `count` people; the first of them made it.
    pub(crate) async fn room_of(&mut self, count: usize) -> Result<String, Failure> {
        let mut people = self.people(count).await?;
        let room = people[0].create_room("public_chat").await?;
        for person in &mut people[1..] {
            person.join(&room).await?;
        }
        Ok(room)
    }

    /// The room that everybody is in.
    pub(crate) async fn room_of_all(&mut self, count: usize) -> Result<String, Failure> {
        if let Some(room) = &self.everybody {
            return Ok(room.clone());
        }
        let room = self.room_of(count).await?;
        self.everybody = Some(room.clone());
        Ok(room)
    }
}
