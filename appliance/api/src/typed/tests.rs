use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use axum::extract::State;
use serde_json::Value;

use super::{Asked, DONE, Done, Json, Nothing, Operation, Typed};
use crate::access::Need;
use crate::error::ApiError;
use crate::routes::Routes;
use crate::testing::{Ask, Bare};

/// Compares a file with what is generated, and writes it anew if they differ, so that it only has to be committed.
fn check(name: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi").join(name);
    let mut text = serde_json::to_string_pretty(document).unwrap();
    text.push('\n');
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if committed != text {
        fs::write(&path, text).unwrap();
    }
    let fresh = fs::read_to_string(&path).unwrap();
    assert!(committed == fresh, "openapi/{name} was stale and has been written anew: commit it");
}

#[test]
fn openapi_files_are_what_the_routes_say() {
    check("admin.json", &crate::admin::openapi());
    check("setup.json", &crate::setup::openapi());
    check("site.json", &crate::site::openapi());
    check("meetings.json", &crate::meetings::openapi());
    check("account.json", &crate::account::openapi());
    check("meetings.json", &crate::meetings::openapi());
}

#[test]
fn every_operation_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
    for document in [
        crate::admin::openapi(),
        crate::setup::openapi(),
        crate::site::openapi(),
        crate::account::openapi(),
        crate::meetings::openapi(),
    ] {
        let mut names = BTreeSet::new();
        for methods in document["paths"].as_object().unwrap().values() {
            for operation in methods.as_object().unwrap().values() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name} twice");
                assert!(
                    name.split_once('.').is_some_and(|(noun, verb)| !noun.is_empty() && !verb.is_empty()),
                    "{name}"
                );
            }
        }
        let text = document.to_string();
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name} is nowhere");
        }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<u32>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
}

async fn take(_: State<Bare>, asked: Asked<Query, Body>) -> Result<Json<Done>, ApiError> {
    let limit = asked.query.limit.unwrap_or(7);
    std::future::ready(Err(ApiError::not_found(format!("{} {limit} {}", asked.arg(0)?, asked.body.name)))).await
}

async fn nothing(_: State<Bare>, _: Asked<Nothing>) -> Result<Json<Done>, ApiError> {
    std::future::ready(Ok(DONE)).await
}

#[tokio::test]
async fn what_does_not_fit_the_types_is_refused_in_the_shape_of_every_refusal() {
    let router = Typed::new(Routes::new())
        .add(Operation::post("thing.take", "/things/{name}", "Takes it").need(Need::Nobody), take)
        .add(Operation::delete("thing.drop", "/things/{name}", "Drops it").need(Need::Nobody), nothing)
        .into_routes()
        .into_router(Bare::new());
    let post = |query: &str, body: &'static str| {
        let ask = Ask::new(&format!("POST /things/a%20b{query}")).body(body);
        let router = router.clone();
        async move { ask.of(&router).await }
    };
    let good = post("?limit=3", r#"{"name":"x"}"#).await;
    assert_eq!((good.status, good.json()["error"].as_str()), (404, Some("a b 3 x")));
    for (query, body, errcode) in [
        ("?limit=many", r#"{"name":"x"}"#, "M_INVALID_PARAM"),
        ("?limti=3", r#"{"name":"x"}"#, "M_INVALID_PARAM"),
        ("", r#"{"name":7}"#, "M_BAD_JSON"),
        ("", r#"{"name":"x","nmae":"y"}"#, "M_BAD_JSON"),
        ("", "", "M_BAD_JSON"),
        ("", "{", "M_NOT_JSON"),
    ] {
        assert_eq!(post(query, body).await.refusal(), (400, errcode.to_owned()), "{query} {body}");
    }
    let dropped = Ask::new("DELETE /things/a").of(&router).await;
    assert_eq!((dropped.status, dropped.body.as_slice()), (200, &b"{}"[..]));
    let unwanted = Ask::new("DELETE /things/a").body(r#"{"all":true}"#).of(&router).await;
    assert_eq!(unwanted.refusal(), (400, "M_BAD_JSON".to_owned()));
}
