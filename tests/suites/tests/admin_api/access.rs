//! Who is let in: a walk over every operation of the committed API file.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, PASSWORD};

use crate::house::{House, proved, with_proof};

const API: &str = include_str!("../../../../appliance/api/openapi/admin.json");

/// An operation of the file.
struct Operation {
    id: String,
    method: Method,
    path: String,
    grant: Option<String>,
    fresh: bool,
}

fn operations() -> Vec<Operation> {
    let api: Value = serde_json::from_str(API).expect("the file is JSON");
    let mut all = Vec::new();
    for (path, methods) in api["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let parameters = operation["parameters"].as_array().expect("parameters");
            all.push(Operation {
                id: operation["operationId"].as_str().expect("a name").to_owned(),
                method: Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method"),
                path: filled(path),
                grant: operation["x-grant"].as_str().map(str::to_owned),
                fresh: parameters.iter().any(|parameter| parameter["name"] == "x-veche-reauth"),
            });
        }
    }
    all
}

/// The path with something in place of its arguments.
fn filled(path: &str) -> String {
    let fill = [
        ("{user_id}", "@bob:localhost"),
        ("{device_id}", "NOBODY"),
        ("{room_id}", "!nothing:localhost"),
        ("{token}", "nothing"),
        ("{directory_id}", "1"),
        ("{key}", "registration.mode"),
    ];
    let path = fill.into_iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{path}");
    path
}

async fn ask(who: &Client, operation: &Operation) -> veche_test_harness::Answer {
    who.answer(who.request(operation.method.clone(), &operation.path)).await
}

#[tokio::test]
async fn every_operation_is_refused_to_whoever_may_not() {
    let house = House::new().await;
    let helper = house.helper("helper", &[]).await;
    let anybody = Client::anonymous(&house.server.base_url());
    let stranger = anybody.with_session(&json!({ "access_token": "nonsense" }));
    let operations = operations();
    let (mut granted, mut fresh) = (0, 0);
    for operation in &operations {
        let id = &operation.id;
        ask(&anybody, operation).await.refused(401, "M_MISSING_TOKEN");
        ask(&stranger, operation).await.refused(401, "M_UNKNOWN_TOKEN");
        let refused = ask(&house.bob, operation).await.refused(403, "M_FORBIDDEN");
        assert_eq!(refused["reason"], "not_administrator", "{id}");
        if let Some(grant) = &operation.grant {
            let refused = ask(&helper, operation).await.refused(403, "M_FORBIDDEN");
            assert_eq!((&refused["reason"], &refused["grant"]), (&json!("grant_needed"), &json!(grant)), "{id}");
            granted += 1;
        }
        if operation.fresh {
            let refused = ask(&house.root, operation).await.refused(403, "M_FORBIDDEN");
            assert_eq!(refused["reason"], "fresh_proof_needed", "{id}");
            fresh += 1;
        }
    }
    assert!(operations.len() > 35 && granted > 30 && fresh >= 5, "{} {granted} {fresh}", operations.len());
    let before = house.journal("account.set_role").await;
    assert_eq!(before.len(), 1, "no refusal did anything");
}

#[tokio::test]
async fn whoever_has_a_grant_is_let_in_where_it_counts() {
    let house = House::new().await;
    let operations = operations();
    for grant in ["users", "rooms", "system"] {
        let helper = house.helper(grant, &[grant]).await;
        for operation in operations.iter().filter(|operation| operation.grant.is_some() && !operation.fresh) {
            if operation.method != Method::GET {
                continue;
            }
            let answer = ask(&helper, operation).await;
            let reason = answer.json()["reason"].clone();
            let is_let_in = operation.grant.as_deref() == Some(grant);
            assert_eq!(reason != "grant_needed", is_let_in, "{grant}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_fresh_proof_is_of_one_session() {
    let house = House::new().await;
    let (here, there) = (&house.root, house.root.login().await);
    let wrong = here.post("/api/admin/v1/reauth", &json!({ "password": "nonsense" })).await;
    assert_eq!(wrong.refused(403, "M_FORBIDDEN")["reason"], "wrong_password");
    let proof = here.post("/api/admin/v1/reauth", &json!({ "password": PASSWORD })).await.ok();
    assert_eq!(proof["expires_in_ms"], 300_000);
    let proof = proof["proof"].as_str().expect("a proof");
    let role = "/api/admin/v1/users/@bob:localhost/role";
    let body = json!({ "role": "administrator", "grants": ["rooms"] });
    let stolen = with_proof(&there, Method::PUT, role, &body, proof).await.refused(403, "M_FORBIDDEN");
    assert_eq!(stolen["reason"], "fresh_proof_needed");
    let given = with_proof(here, Method::PUT, role, &body, proof).await.ok();
    assert_eq!((&given["role"], &given["grants"]), (&json!("administrator"), &json!(["rooms"])));
    let rows = house.journal("account.set_role").await;
    House::assert_last(&rows, "@bob:localhost");
    assert_eq!(rows[0]["detail"]["to"], json!({ "role": "administrator", "grants": ["rooms"] }));
}

#[tokio::test]
async fn nobody_gives_or_takes_more_than_he_may() {
    let house = House::new().await;
    let helper = house.helper("helper", &["users"]).await;
    let carol = house.server.user("carol").await;
    let role = |user: &Client| format!("/api/admin/v1/users/{}/role", user.user_id);
    let put = async |who: &Client, user: &Client, body: Value| proved(who, Method::PUT, &role(user), &body).await;
    for beyond in [json!({ "role": "owner" }), json!({ "role": "administrator", "grants": ["users", "rooms"] })] {
        let refused = put(&helper, &carol, beyond).await.refused(403, "M_FORBIDDEN");
        assert_eq!(refused["reason"], "beyond_own_rights");
    }
    put(&helper, &carol, json!({ "role": "administrator", "grants": ["users"] })).await.ok();
    let taken = put(&helper, &carol, json!({ "role": "user" })).await.refused(403, "M_FORBIDDEN");
    assert_eq!(taken["reason"], "administrator");
    let locked = helper.post("/api/admin/v1/users/@carol:localhost/lock", &json!({})).await;
    assert_eq!(locked.refused(403, "M_FORBIDDEN")["reason"], "administrator");

    let olga = house.owner("olga").await;
    let owners = olga.get("/api/admin/v1/roles").await.ok();
    let roles: Vec<_> = owners["administrators"].as_array().expect("a list").iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["administrator", "administrator", "owner", "administrator"], "{owners}");
    olga.post("/api/admin/v1/users/@carol:localhost/lock", &json!({})).await.ok();
    put(&olga, &carol, json!({ "role": "user" })).await.ok();
    put(&olga, &house.root, json!({ "role": "administrator", "grants": [] })).await.ok();
    house.root.get("/api/admin/v1/users").await.refused(403, "M_FORBIDDEN");
    let me = house.root.get("/api/admin/v1/me").await.ok();
    assert_eq!((&me["role"], &me["grants"]), (&json!("administrator"), &json!([])));
}

#[tokio::test]
async fn each_sees_his_part_of_the_journal() {
    let house = House::new().await;
    let (rooms, nothing) = (house.helper("rooms", &["rooms"]).await, house.helper("nothing", &[]).await);
    let room = house.bob.create_room(&json!({})).await;
    let settings = format!("/api/admin/v1/rooms/{room}/settings");
    house.root.put(&settings, &json!({ "listed": true })).await.ok();
    let seen = async |who: &Client, query: &str| {
        let page = who.get(&format!("/api/admin/v1/journal{query}")).await.ok();
        let rows = page["rows"].as_array().expect("rows").clone();
        (
            rows.iter().map(|row| row["action"].as_str().expect("text").to_owned()).collect::<Vec<_>>(),
            page["next"].clone(),
        )
    };
    let (all, _) = seen(&house.root, "").await;
    assert!(all.contains(&"account.set_role".to_owned()) && all[0] == "room.settings", "{all:?}");
    assert_eq!(seen(&rooms, "").await.0, ["room.settings"]);
    assert_eq!(seen(&nothing, "").await.0, Vec::<String>::new());
    assert_eq!(seen(&house.root, "?noun=room").await.0, ["room.settings"]);

    let (first, next) = seen(&house.root, "?limit=2").await;
    let (second, _) = seen(&house.root, &format!("?limit=200&before={next}")).await;
    assert_eq!([first, second].concat(), all, "pages fit together");
    let future = seen(&house.root, "?since_ms=99999999999999").await.0;
    assert_eq!(future, Vec::<String>::new());
    assert_eq!(seen(&house.root, "?target=@nobody:localhost").await.0, Vec::<String>::new());
    house.root.get("/api/admin/v1/journal?limit=many").await.refused(400, "M_INVALID_PARAM");

    let export = house.root.get("/api/admin/v1/journal/export").await;
    let header = |name: &str| export.headers[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(header("content-disposition"), "attachment; filename=\"journal.csv\"");
    let text = String::from_utf8(export.bytes).expect("text");
    assert!(text.starts_with("row,at_ms,actor,action,target,detail,hash\r\n"), "{text}");
    assert_eq!(text.matches("\r\n").count(), all.len() + 1, "{text}");
    assert_eq!(seen(&house.root, "?limit=1").await.0, ["journal.export"], "that is an act, too");
}
