use super::*;

fn check(json: &str, expected: &CanonicalError) {
    assert_eq!(&parse_object(json).unwrap_err(), expected, "{}", &json[..json.len().min(80)]);
}

#[test]
fn floats_are_refused_in_every_spelling() {
    for number in ["1.5", "1.0", "1e2", "1E2", "-0.0", "-0", "1e-1", "99999999999999999999"] {
        check(&format!(r#"{{"a":[{{"b":{number}}}]}}"#), &CanonicalError::Float);
    }
}

#[test]
fn numbers_that_no_float_can_hold_are_refused() {
    assert!(matches!(parse_object(r#"{"a":1e400}"#), Err(CanonicalError::Malformed(_))));
    assert!(matches!(parse_object(r#"{"a":-1e400}"#), Err(CanonicalError::Malformed(_))));
    assert!(matches!(parse_object(r#"{"a":NaN}"#), Err(CanonicalError::Malformed(_))));
}

#[test]
fn integers_keep_to_the_range_of_canonical_json() {
    for number in ["9007199254740991", "-9007199254740991", "0"] {
        assert!(parse_object(&format!(r#"{{"a":{number}}}"#)).is_ok());
    }
    for number in ["9007199254740992", "-9007199254740992", "18446744073709551615", "-9223372036854775808"] {
        check(&format!(r#"{{"a":{number}}}"#), &CanonicalError::IntegerOutOfRange);
    }
}

#[test]
fn duplicate_keys_are_refused_even_when_escaped() {
    check(r#"{"a":1,"a":1}"#, &CanonicalError::DuplicateKey("a".into()));
    check(r#"{"x":{"a":1,"b":2,"\u0061":3}}"#, &CanonicalError::DuplicateKey("a".into()));
    assert!(parse_object(r#"{"a":{"a":{"a":1}}}"#).is_ok());
}

#[test]
fn depth_is_counted_and_never_overflows_the_stack() {
    let nested = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    assert!(parse_object(&nested(limits::JSON_DEPTH_MAX)).is_ok());
    check(&nested(limits::JSON_DEPTH_MAX + 1), &CanonicalError::TooDeep(limits::JSON_DEPTH_MAX));
    check(&nested(10_000), &CanonicalError::TooDeep(limits::JSON_DEPTH_MAX));
    check(&format!(r#"{{"a":{}"#, "[".repeat(1_000_000)), &CanonicalError::TooDeep(limits::JSON_DEPTH_MAX));
    assert!(parse_pdu(&nested(PDU_DEPTH_MAX)).is_ok());
    assert_eq!(parse_pdu(&nested(10_000)).unwrap_err(), CanonicalError::TooDeep(PDU_DEPTH_MAX));
}

#[test]
fn only_whole_objects_pass() {
    for json in ["[]", "null", "1", r#""text""#, "true"] {
        check(json, &CanonicalError::NotAnObject);
    }
    for json in ["", "{", r#"{"a"}"#, r#"{"a":1,}"#, "{} {}", r#"{"a":"\ud800"}"#, "{'a':1}"] {
        assert!(matches!(parse_object(json), Err(CanonicalError::Malformed(_))), "{json}");
    }
}

#[test]
fn the_canonical_form_is_sorted_and_tight() {
    let object = parse_object("{ \"b\" : [1, 2 ], \"a\": \"\\u65E5\\n\", \"\\u00e9\": null }").unwrap();
    assert_eq!(to_string(&object), "{\"a\":\"日\\n\",\"b\":[1,2],\"é\":null}");
}
