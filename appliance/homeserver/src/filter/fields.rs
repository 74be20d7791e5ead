//! Which parts of events a client wants (`event_fields`).
//!
//! An entry is a path of names with dots between them (spec: "Dot-separated property paths"): `\.` is a dot and `\\` a
//! backslash within a name; any other backslash stands for itself.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::{RawValue, to_raw_value};

/// Names of one path that are followed; what lies deeper comes as a whole, as the specification allows.
const DEPTH_MAX: usize = 16;

/// The parts that are wanted of each event.
#[derive(Debug)]
pub struct Fields(Part);

#[derive(Debug, Default)]
struct Part {
    whole: bool,
    inner: BTreeMap<String, Part>,
}

impl Fields {
    /// The parts that these paths name; `None` if there is no path, which asks for everything.
    pub fn new(paths: &[String]) -> Option<Self> {
        if paths.is_empty() {
            return None;
        }
        let mut root = Part::default();
        for path in paths {
            let mut part = &mut root;
            for name in names(path) {
                part = part.inner.entry(name).or_default();
            }
            part.whole = true;
        }
        Some(Self(root))
    }

    /// Takes everything else out of these events.
    pub fn keep(&self, events: &mut [Box<RawValue>]) {
        for event in events {
            let kept = self.0.of(event);
            *event = kept.unwrap_or_else(|| RawValue::from_string("{}".to_owned()).expect("an empty object is JSON"));
        }
    }
}

impl Part {
    /// What is wanted of a value; `None` if nothing of it is.
    fn of(&self, json: &RawValue) -> Option<Box<RawValue>> {
        if self.whole {
            return Some(json.to_owned());
        }
        // Of what is no object nothing can be wanted by name.
        let object: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json.get()).ok()?;
        let wanted = self.inner.iter().filter_map(|(name, part)| {
            let value = object.get(name.as_str())?;
            Some((name.as_str(), part.of(value)?))
        });
        let kept: BTreeMap<&str, Box<RawValue>> = wanted.collect();
        (!kept.is_empty()).then(|| to_raw_value(&kept).expect("names and raw JSON always serialize"))
    }
}

/// The first names of a path.
fn names(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '.' => {
                names.push(std::mem::take(&mut name));
                if names.len() == DEPTH_MAX {
                    return names;
                }
            }
            '\\' => name.push(letters.next_if(|next| matches!(next, '.' | '\\')).unwrap_or('\\')),
            other => name.push(other),
        }
    }
    names.push(name);
    names
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kept(paths: &[&str], event: &Value) -> Value {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let mut events = [to_raw_value(event).unwrap()];
        if let Some(fields) = Fields::new(&paths) {
            fields.keep(&mut events);
        }
        serde_json::from_str(events[0].get()).unwrap()
    }

    #[test]
    fn only_what_is_named_stays() {
        let event = json!({
            "type": "m.room.message",
            "content": { "body": "x", "m.mentions": { "room": true }, "a\\b": { "c": [1], "d": 2 } },
            "unsigned": { "age": 7 },
        });
        let cases: [(&[&str], Value); 11] = [
            (&[], event.clone()),
            (&["type"], json!({ "type": "m.room.message" })),
            (&["content.body"], json!({ "content": { "body": "x" } })),
            (&["content.body", "content"], json!({ "content": event["content"] })),
            (&["content.m\\.mentions.room"], json!({ "content": { "m.mentions": { "room": true } } })),
            (&["content.m.mentions"], json!({})),
            (&["content.a\\\\b.d"], json!({ "content": { "a\\b": { "d": 2 } } })),
            // A backslash before anything else is a backslash.
            (&["content.a\\b.c"], json!({ "content": { "a\\b": { "c": [1] } } })),
            (&["content.a\\b.c.0"], json!({})),
            (&["content.body.x", "type.x", "nothing", "", ".", "content."], json!({})),
            (&["unsigned.age", "content.body"], json!({ "content": { "body": "x" }, "unsigned": { "age": 7 } })),
        ];
        for (paths, expected) in cases {
            assert_eq!(kept(paths, &event), expected, "{paths:?}");
        }
    }

    #[test]
    fn names_are_split_as_the_specification_says() {
        let cases: [(&str, &[&str]); 8] = [
            ("a", &["a"]),
            ("a.b", &["a", "b"]),
            ("a\\.b", &["a.b"]),
            ("a\\\\.b", &["a\\", "b"]),
            ("a\\x", &["a\\x"]),
            ("a\\", &["a\\"]),
            ("", &[""]),
            (".", &["", ""]),
        ];
        for (path, expected) in cases {
            assert_eq!(names(path), expected, "{path}");
        }
    }

    #[test]
    fn a_path_of_any_length_costs_nothing() {
        let path = "a.".repeat(100_000);
        let event = (0..40).fold(json!(1), |inner, _| json!({ "a": inner, "b": 0 }));
        let found = kept(&[path.as_str()], &event);
        // Sixteen names deep only `a` is left, and below that everything.
        let deep = (0..DEPTH_MAX).fold(&found, |value, _| {
            assert_eq!(value.as_object().map(serde_json::Map::len), Some(1));
            &value["a"]
        });
        assert_eq!(deep["b"], 0);
    }
}
