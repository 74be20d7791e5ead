//! Which of the pages there are: in a first run the wizard's alone, because the chat client has nothing to talk to yet; after
//! that all but the wizard's.

use std::sync::Arc;

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use bytes::Bytes;
use veche_api::pages::Pages;

use super::PATH;

/// The wizard's page out of all of them.
pub(super) struct WizardPage(pub(super) Arc<dyn Pages>);

impl Pages for WizardPage {
    fn answer(&self, method: &Method, uri: &Uri, fields: &HeaderMap) -> Option<Response<Bytes>> {
        let path = uri.path();
        if path == "/" {
            return self.0.answer(method, &Uri::from_static(PATH), fields).map(|_| to_the_wizard());
        }
        is_of_the_wizard(path).then(|| self.0.answer(method, uri, fields)).flatten()
    }
}

/// All pages but the wizard's.
pub(crate) struct ServersPages(pub(crate) Arc<dyn Pages>);

impl Pages for ServersPages {
    fn answer(&self, method: &Method, uri: &Uri, fields: &HeaderMap) -> Option<Response<Bytes>> {
        if is_of_the_wizard(uri.path()) { None } else { self.0.answer(method, uri, fields) }
    }
}

fn is_of_the_wizard(path: &str) -> bool {
    path.strip_prefix("/setup").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// For now only: the same address is the client's later.
fn to_the_wizard() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(LOCATION, HeaderValue::from_static(PATH));
    answer
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::{HeaderMap, Method, Response, Uri};
    use bytes::Bytes;
    use veche_api::pages::Pages;

    use super::{ServersPages, WizardPage};

    /// Has pages everywhere, or everywhere but in the wizard.
    struct Everywhere {
        wizard: bool,
    }

    impl Pages for Everywhere {
        fn answer(&self, _: &Method, uri: &Uri, _: &HeaderMap) -> Option<Response<Bytes>> {
            (self.wizard || !uri.path().starts_with("/setup"))
                .then(|| Response::new(Bytes::from(uri.path().to_owned())))
        }
    }

    #[test]
    fn only_the_wizard_is_answered() {
        let ask = |wizard, path: &'static str| {
            let pages = WizardPage(Arc::new(Everywhere { wizard }));
            let answer = pages.answer(&Method::GET, &Uri::from_static(path), &HeaderMap::new())?;
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            Some((answer.status().as_u16(), to))
        };
        for path in ["/setup", "/setup/", "/setup/assets/a.js"] {
            assert_eq!(ask(true, path), Some((200, None)), "{path}");
        }
        assert_eq!(ask(true, "/"), Some((303, Some("/setup/".to_owned()))));
        assert_eq!(ask(false, "/"), None, "the program was built without the wizard's page");
        for path in ["/admin/", "/room/x", "/setups", "/index.html"] {
            assert_eq!(ask(true, path), None, "{path}");
        }
    }

    #[test]
    fn the_server_has_no_wizard() {
        let pages = ServersPages(Arc::new(Everywhere { wizard: true }));
        let ask = |path| pages.answer(&Method::GET, &Uri::from_static(path), &HeaderMap::new()).is_some();
        assert!(["/", "/admin/", "/room/x", "/setups"].into_iter().all(ask));
        assert!(!["/setup", "/setup/", "/setup/assets/a.js"].into_iter().any(ask));
    }
}
