//! Active Directory's ways: the matching rule in chain, `userAccountControl`, changes by USN, objects that are gone.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, Samba, Server};

use crate::house::{DIRECTORIES, proved};

struct Domain {
    server: Server,
    samba: Samba,
    root: Client,
    id: u64,
}

impl Domain {
    async fn new() -> Self {
        let samba = tokio::task::spawn_blocking(|| {
            let samba = Samba::start();
            for name in ["alice", "bob", "cid"] {
                let mail = format!("--mail-address={name}@ex.org");
                samba.tool(&["user", "create", name, &format!("{name}-password"), &mail]);
            }
            samba.tool(&["group", "add", "all"]);
            samba.tool(&["group", "add", "inner"]);
            samba.tool(&["group", "addmembers", "all", "inner,bob"]);
            samba.tool(&["group", "addmembers", "inner", "alice"]);
            samba
        });
        let samba = samba.await.expect("the domain is made");
        let server = Server::start_with(&[("network.outbound", "loopback")]).await;
        let root = server.admin("root").await;
        let config = json!({
            "urls": [samba.ldaps()],
            "ca_pem": samba.ca_pem(),
            "bind_dn": Samba::admin().0,
            "base_dn": "dc=ex,dc=org",
            "user_filter": "(&(objectCategory=person)(objectClass=user))",
            "login_attributes": ["sAMAccountName", "userPrincipalName", "mail"],
            "group_dn": "CN=all,CN=Users,DC=ex,DC=org",
            "group_in_chain": true,
            "attributes": {
                "id": "objectGUID", "changed": "uSNChanged", "name": "displayName", "mail": "mail", "phone": "telephoneNumber",
                "title": "title", "department": "department", "manager": "manager", "disabled": "user_account_control",
            },
        });
        let body = json!({ "name": "Domain", "enabled": true, "config": config, "password": Samba::admin().1 });
        let made = proved(&root, Method::POST, DIRECTORIES, &body).await.ok();
        Self { server, samba, root, id: made["id"].as_u64().expect("a number") }
    }

    async fn try_login(&self, name: &str, password: &str) -> veche_test_harness::Answer {
        let identifier = json!({ "type": "m.id.user", "user": name });
        let body = json!({ "type": "m.login.password", "identifier": identifier, "password": password });
        Client::anonymous(&self.server.base_url()).post("/_matrix/client/v3/login", &body).await
    }

    async fn login(&self, name: &str) -> Client {
        let session = self.try_login(name, &format!("{name}-password")).await.ok();
        Client::anonymous(&self.server.base_url()).with_session(&session)
    }

    async fn look(&self) -> Value {
        proved(&self.root, Method::POST, &format!("{DIRECTORIES}/{}/sync", self.id), &json!({})).await.ok()
    }
}

#[tokio::test]
async fn people_of_a_domain_enter_and_are_out_within_one_look() {
    let domain = Domain::new().await;
    let alice = domain.login("alice").await;
    let bob = domain.login("bob").await;
    assert_eq!(domain.try_login("alice@ex.org", "alice-password").await.ok()["user_id"], "@alice:localhost");
    domain.try_login("cid", "cid-password").await.refused(403, "M_FORBIDDEN");
    domain.try_login("alice", "wrong").await.refused(403, "M_FORBIDDEN");

    let first = domain.look().await;
    assert_eq!((&first["cause"], &first["locked"], &first["people"]), (&Value::Null, &json!([]), &json!(2)), "{first}");
    let all = first["entries"].as_u64().expect("a number");
    assert!(all >= 5 && first["changed_entries"] == all, "{first}");
    domain.samba.tool(&["user", "rename", "alice", "--display-name=Alice the Great"]);
    let second = domain.look().await;
    assert_eq!(second["changed"], json!(["@alice:localhost"]), "{second}");
    assert!(second["changed_entries"].as_u64().expect("a number") < all, "by USN, not all of them again: {second}");

    domain.samba.tool(&["user", "disable", "alice"]);
    domain.samba.tool(&["group", "removemembers", "all", "bob"]);
    let report = domain.look().await;
    let locked = json!([
        { "user_id": "@alice:localhost", "why": "disabled" },
        { "user_id": "@bob:localhost", "why": "not_in_group" },
    ]);
    assert_eq!(report["locked"], locked, "{report}");
    for person in [&alice, &bob] {
        person.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    }
    domain.samba.tool(&["user", "enable", "alice"]);
    assert_eq!(domain.look().await["unlocked"], json!(["@alice:localhost"]));
    let alice = domain.login("alice").await;
    domain.samba.tool(&["user", "rename", "alice", "--samaccountname=alicia"]);
    assert_eq!(domain.try_login("alicia", "alice-password").await.ok()["user_id"], "@alice:localhost");
    domain.samba.tool(&["user", "delete", "alicia"]);
    assert_eq!(domain.look().await["locked"], json!([{ "user_id": "@alice:localhost", "why": "deleted" }]));
    alice.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
}
