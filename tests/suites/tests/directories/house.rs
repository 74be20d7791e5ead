//! A server and a company's directory beside it.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Answer, Client, PASSWORD, Server, Slapd};

pub(crate) const DIRECTORIES: &str = "/api/admin/v1/directories";

pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) slapd: Slapd,
    pub(crate) root: Client,
    pub(crate) id: u64,
}

impl House {
    /// With this in the directory; `change` changes the configuration.
    pub(crate) async fn new(ldif: &str, change: impl FnOnce(&mut Value)) -> Self {
        let slapd = Slapd::start(ldif);
        let server = Server::start_with(&[("network.outbound", "loopback")]).await;
        let root = server.admin("root").await;
        let mut config = config(&slapd);
        change(&mut config);
        let body = json!({ "name": "Company", "enabled": true, "config": config, "password": Slapd::admin().1 });
        let made = proved(&root, Method::POST, DIRECTORIES, &body).await.ok();
        Self { server, slapd, root, id: made["id"].as_u64().expect("a number") }
    }

    pub(crate) async fn try_login(&self, name: &str, password: &str) -> Answer {
        let identifier = json!({ "type": "m.id.user", "user": name });
        let body = json!({ "type": "m.login.password", "identifier": identifier, "password": password });
        Client::anonymous(&self.server.base_url()).post("/_matrix/client/v3/login", &body).await
    }

    /// Somebody with the password of [`Slapd::person`].
    pub(crate) async fn login(&self, name: &str) -> Client {
        let session = self.try_login(name, &format!("{name}-password")).await.ok();
        Client::anonymous(&self.server.base_url()).with_session(&session)
    }

    /// Looks at everybody now, and gives the report.
    pub(crate) async fn look(&self, many: bool) -> Value {
        let path = format!("{DIRECTORIES}/{}/sync", self.id);
        proved(&self.root, Method::POST, &path, &json!({ "many": many })).await.ok()
    }

    pub(crate) async fn journal(&self, action: &str) -> Vec<Value> {
        let page = self.root.get(&format!("/api/admin/v1/journal?action={action}")).await.ok();
        page["rows"].as_array().cloned().expect("a page has rows")
    }
}

/// How an OpenLDAP is usually read.
pub(crate) fn config(slapd: &Slapd) -> Value {
    json!({
        "urls": [slapd.ldaps("localhost")],
        "ca_pem": slapd.ca_pem(),
        "bind_dn": Slapd::admin().0,
        "base_dn": Slapd::suffix(),
        "user_filter": "(objectClass=inetOrgPerson)",
        "login_attributes": ["uid", "mail"],
        "group_dn": null,
        "group_in_chain": false,
        "attributes": {
            "id": "entryUUID", "changed": "modifyTimestamp", "name": "cn", "mail": "mail", "phone": "telephoneNumber",
            "title": "title", "department": "departmentNumber", "manager": "manager", "disabled": "pwd_account_locked_time",
        },
    })
}

/// Shows the password and does what needs that.
pub(crate) async fn proved(who: &Client, method: Method, path: &str, body: &Value) -> Answer {
    let proof = who.post("/api/admin/v1/reauth", &json!({ "password": PASSWORD })).await.ok();
    let proof = proof["proof"].as_str().expect("a proof");
    who.answer(who.request(method, path).header("x-veche-reauth", proof).json(body)).await
}
