//! In which form a file goes out: compressed as well as the client can read it.

use http::HeaderValue;

/// A form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Brotli,
    Gzip,
    Plain,
}

/// Best first: which one goes out where the client does not care.
const FORMS: [Form; 3] = [Form::Brotli, Form::Gzip, Form::Plain];

/// A weight in thousandths (RFC 9110 §12.4.2).
type Weight = u16;
const WEIGHT_MAX: Weight = 1_000;

impl Form {
    /// Its name in `Content-Encoding`; the plain form has none.
    pub(crate) const fn encoding(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }
}

/// The form with the highest weight among those that there are (RFC 9110 §12.5.3). One who refuses all of them gets the
/// plain one all the same, as the specification allows: a page that nobody can read helps nobody.
pub(crate) fn choose<'a>(accepted: impl Iterator<Item = &'a HeaderValue>, exists: impl Fn(Form) -> bool) -> Form {
    let listed: Vec<(&str, Weight)> =
        accepted.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).filter_map(weighed).collect();
    let weight = |name: &str| {
        let own = listed.iter().find(|(listed, _)| listed.eq_ignore_ascii_case(name));
        own.or_else(|| listed.iter().find(|(listed, _)| *listed == "*")).map(|(_, weight)| *weight)
    };
    let mut best = (Form::Plain, 0);
    for form in FORMS.into_iter().filter(|form| exists(*form)) {
        let weight = match form.encoding() {
            Some(encoding) => weight(encoding).unwrap_or(0),
            // Taken unless it is refused by name, but liked less than anything that is asked for.
            None => weight("identity").map_or(1, |weight| weight.max(1)),
        };
        if weight > best.1 {
            best = (form, weight);
        }
    }
    best.0
}

/// `gzip;q=0.5` as a name and a weight; what cannot be read weighs nothing.
fn weighed(item: &str) -> Option<(&str, Weight)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((name, weight.map_or(WEIGHT_MAX, thousandths)))
}

/// `1`, `0.5`, `0.125`.
fn thousandths(weight: &str) -> Weight {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(fraction) || fraction.len() > 3 {
        return 0;
    }
    match whole {
        "1" => WEIGHT_MAX,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{Form, choose};

    fn chosen(accepted: &[&'static str]) -> Form {
        let values: Vec<HeaderValue> = accepted.iter().map(|value| HeaderValue::from_static(value)).collect();
        choose(values.iter(), |_| true)
    }

    #[test]
    fn best_form_that_the_client_reads_goes_out() {
        assert_eq!(chosen(&["gzip, deflate, br, zstd"]), Form::Brotli);
        assert_eq!(chosen(&["gzip", "br"]), Form::Brotli);
        assert_eq!(chosen(&["gzip, deflate"]), Form::Gzip);
        assert_eq!(chosen(&["GZIP"]), Form::Gzip);
        assert_eq!(chosen(&["*"]), Form::Brotli);
        assert_eq!(chosen(&["deflate"]), Form::Plain);
        assert_eq!(chosen(&[""]), Form::Plain);
        assert_eq!(chosen(&[]), Form::Plain);
    }

    #[test]
    fn weights_are_heeded() {
        assert_eq!(chosen(&["br;q=0.5, gzip;q=0.8"]), Form::Gzip);
        assert_eq!(chosen(&["br;q=0, gzip"]), Form::Gzip);
        assert_eq!(chosen(&["br ; q=0.125, gzip; Q=0.124"]), Form::Brotli);
        assert_eq!(chosen(&["*;q=0"]), Form::Plain);
        assert_eq!(chosen(&["identity, br;q=0.9"]), Form::Plain);
        assert_eq!(chosen(&["br;q=0.001"]), Form::Brotli);
        assert_eq!(chosen(&["identity;q=0, *;q=0"]), Form::Plain);
    }

    #[test]
    fn nonsense_is_no_wish() {
        for nonsense in ["br;q=2", "br;q=", "br;q=0.1234", "br;q=-1", "br;q=abc", ";q=1", ",,,"] {
            assert_eq!(chosen(&[nonsense]), Form::Plain, "{nonsense}");
        }
    }

    #[test]
    fn form_that_there_is_not_cannot_go_out() {
        let accepted = HeaderValue::from_static("br, gzip");
        assert_eq!(choose([&accepted].into_iter(), |form| form != Form::Brotli), Form::Gzip);
        assert_eq!(choose([&accepted].into_iter(), |form| form == Form::Plain), Form::Plain);
    }
}
