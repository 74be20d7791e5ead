//! A server with people of every kind, and their browsers.

use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Answer, Client, PASSWORD, Server, binary};

/// A server with the administrator `root`, who may do everything, and the user `bob`.
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) root: Client,
    pub(crate) bob: Client,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let server = Server::start_with(settings).await;
        let (root, bob) = (server.admin("root").await, server.user("bob").await);
        Self { server, root, bob }
    }

    /// An administrator with these grants.
    pub(crate) async fn helper(&self, name: &str, grants: &[&str]) -> Client {
        let helper = self.server.user(name).await;
        let body = json!({ "role": "administrator", "grants": grants });
        let role = format!("/api/admin/v1/users/{}/role", helper.user_id);
        proved(&self.root, Method::PUT, &role, &body).await.ok();
        helper
    }

    /// The owner of the server, made on its command line.
    pub(crate) async fn owner(&self, name: &str) -> Client {
        let mut command = Command::new(binary());
        command.args(["user", "add", name, "--owner", "--password-stdin", "--data"]).arg(self.server.dir());
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let run = tokio::task::spawn_blocking(move || {
            let mut process = command.spawn().expect("the binary can be started");
            let mut input = process.stdin.take().expect("it is piped");
            std::io::Write::write_all(&mut input, format!("{PASSWORD}\n").as_bytes()).expect("it reads");
            drop(input);
            process.wait().expect("our own child can be waited for")
        });
        assert!(run.await.expect("waiting does not panic").success());
        self.login(name, PASSWORD).await
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Client {
        let anybody = Client::anonymous(&self.server.base_url());
        anybody.with_session(&try_login(&anybody, name, password).await.ok())
    }

    /// What `root` sees of the journal for this action, newest first.
    pub(crate) async fn journal(&self, action: &str) -> Vec<Value> {
        let page = self.root.get(&format!("/api/admin/v1/journal?action={action}")).await.ok();
        page["rows"].as_array().cloned().expect("a page has rows")
    }

    /// The newest act must be this one, of `root`, on this target.
    #[track_caller]
    pub(crate) fn assert_last(rows: &[Value], target: &str) {
        let last = rows.first().expect("it is in the journal");
        assert_eq!((&last["actor"], &last["target"]), (&json!("@root:localhost"), &json!(target)), "{last}");
    }
}

pub(crate) async fn try_login(anybody: &Client, name: &str, password: &str) -> Answer {
    let identifier = json!({ "type": "m.id.user", "user": name });
    let body = json!({ "type": "m.login.password", "identifier": identifier, "password": password });
    anybody.post("/_matrix/client/v3/login", &body).await
}

/// Shows the password and does what needs that.
pub(crate) async fn proved(who: &Client, method: Method, path: &str, body: &Value) -> Answer {
    let proof = who.post("/api/admin/v1/reauth", &json!({ "password": PASSWORD })).await.ok();
    with_proof(who, method, path, body, proof["proof"].as_str().expect("a proof")).await
}

/// Does something with a proof that the password was shown.
pub(crate) async fn with_proof(who: &Client, method: Method, path: &str, body: &Value, proof: &str) -> Answer {
    who.answer(who.request(method, path).header("x-veche-reauth", proof).json(body)).await
}
