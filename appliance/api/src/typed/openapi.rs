//! The OpenAPI 3.1 files, made from what is registered. They are committed (`openapi/` beside the sources), so that a change
//! of the API is seen in review and pages take their types from them; a test writes them anew and fails when they were
//! stale.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Described;
use crate::access::Need;

/// What a file says of itself.
pub(crate) struct About {
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
}

/// The whole file.
pub(crate) fn document(about: &About, operations: &[Described]) -> Value {
    // Requests and answers differ: what may be left out of a request is always there in an answer.
    let (mut requests, mut answers) =
        (generator(SchemaSettings::for_deserialize), generator(SchemaSettings::for_serialize));
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for described in operations {
        let method = described.operation.method.as_str().to_ascii_lowercase();
        let entry = operation(described, &mut requests, &mut answers);
        paths.entry(described.operation.path).or_default().insert(method, entry);
    }
    let schemas = joined(requests.take_definitions(true), answers.take_definitions(true));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "description": about.description,
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "Refusal": {
                "description": "Refused, or not possible. `errcode` is of the Matrix specification; `reason`, where it is \
                    there, tells cases apart that pages have words for, and further fields are its parameters.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refusal" } } },
            } },
        },
    });
    sorted(document)
}

fn generator(contract: fn(SchemaSettings) -> SchemaSettings) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    contract(settings).into_generator()
}

fn operation(described: &Described, requests: &mut SchemaGenerator, answers: &mut SchemaGenerator) -> Value {
    let operation = &described.operation;
    let (content_type, schema) = (described.reply)(answers);
    let mut entry = json!({
        "operationId": operation.id,
        "tags": [operation.id.split('.').next().unwrap_or_default()],
        "summary": operation.summary,
        "parameters": parameters(described, requests),
        "responses": {
            "200": { "description": "Done", "content": { content_type: { "schema": schema } } },
            "default": { "$ref": "#/components/responses/Refusal" },
        },
    });
    if let Some(body) = described.body {
        let schema = body(requests);
        entry["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    if operation.need != Need::Nobody {
        entry["security"] = json!([{ "token": [] }]);
    }
    if let Some(grant) = operation.route.grant {
        entry["x-grant"] = grant.as_str().into();
    }
    entry
}

fn parameters(described: &Described, requests: &mut SchemaGenerator) -> Vec<Value> {
    let path = described.operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let text = json!({ "type": "string" });
    let mut parameters: Vec<Value> =
        path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text })).collect();
    let query = (described.query)(requests).to_value();
    let required = query["required"].as_array().cloned().unwrap_or_default();
    for (name, schema) in query["properties"].as_object().into_iter().flatten() {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter =
            json!({ "name": name, "in": "query", "required": required.contains(&json!(name)), "schema": schema });
        if let Some(description) = description {
            parameter["description"] = description;
        }
        parameters.push(parameter);
    }
    if described.operation.route.fresh {
        let description = "What `POST /api/admin/v1/reauth` gave at most five minutes ago";
        let name = crate::extract::FRESH_PROOF_HEADER;
        parameters.push(
            json!({ "name": name, "in": "header", "required": true, "schema": text, "description": description }),
        );
    }
    parameters
}

/// All schemas, and that of refusals. A type that is asked and answered must look alike in both.
fn joined(requests: Map<String, Value>, answers: Map<String, Value>) -> Map<String, Value> {
    let mut all = requests;
    for (name, schema) in answers {
        let known = all.insert(name.clone(), schema.clone());
        assert!(known.is_none_or(|known| known == schema), "{name} looks otherwise in requests than in answers");
    }
    let refusal = json!({
        "type": "object",
        "required": ["errcode", "error"],
        "properties": {
            "errcode": { "type": "string" },
            "error": { "type": "string", "description": "English, for logs and for cases that pages have no words for" },
            "reason": { "type": "string", "description": "A stable word" },
        },
        "additionalProperties": true,
    });
    all.insert("Refusal".to_owned(), refusal);
    all
}

/// The same with the keys of each object in order, whatever else is built beside this crate.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
