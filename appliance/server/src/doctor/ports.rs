//! The ports of the front door, tried from this machine.

use std::io;

use super::door::{self, Answer, Door};
use super::finding::Finding;

/// HTTPS, with the certificate that is in use, and a server behind it that answers.
pub(super) async fn https(door: Option<&Door>, host: &str, fingerprint_sha256: &str) -> Finding {
    let Some(door) = door else {
        return Finding::skipped(
            "off",
            "listen.https is off: a proxy must stand before this server.",
            "listen.https выключен: перед сервером должен стоять прокси.",
        );
    };
    let asked = async {
        let stream = door.connect_tls(host, fingerprint_sha256).await?;
        door::ask(stream, host, "/health").await
    };
    match asked.await {
        Ok(Answer { status: 200, .. }) => Finding::ok(
            "answers",
            format!("The server answers at {} with its certificate.", door.address),
            format!("Сервер отвечает на {} со своим сертификатом.", door.address),
        ),
        Ok(Answer { status, .. }) => Finding::failed(
            "unhealthy",
            format!("The server answers at {} with status {status}.", door.address),
            format!("Сервер отвечает на {} с кодом {status}.", door.address),
        )
        .mend("Look at the log.", "Посмотрите журнал."),
        Err(error) => unanswered(door, &error),
    }
}

/// Port 80: sends browsers to HTTPS.
pub(super) async fn redirect(door: Option<&Door>, host: &str) -> Finding {
    let Some(door) = door else {
        return Finding::skipped(
            "off",
            "listen.redirect is off: whoever types the name without https:// needs another helper, and ACME \
                 cannot use HTTP-01.",
            "listen.redirect выключен: набравшие имя без https:// не попадут на сервер, и ACME не сможет \
                 использовать HTTP-01.",
        );
    };
    let asked = async { door::ask(door.connect().await?, host, "/").await };
    match asked.await {
        Ok(Answer { status: 300..400, location: Some(location) }) if location.starts_with("https://") => Finding::ok(
            "redirects",
            format!("{} sends browsers to {location}.", door.address),
            format!("{} направляет браузеры на {location}.", door.address),
        ),
        Ok(Answer { status, .. }) => Finding::failed(
            "no_redirect",
            format!("{} answers with status {status} instead of sending browsers to HTTPS.", door.address),
            format!("{} отвечает кодом {status} вместо перенаправления на HTTPS.", door.address),
        )
        .mend("See what else uses that port.", "Выясните, кто ещё использует этот порт."),
        Err(error) => unanswered(door, &error),
    }
}

fn unanswered(door: &Door, error: &io::Error) -> Finding {
    Finding::failed(
        "no_answer",
        format!("{} is not reached from this machine itself: {error}.", door.address),
        format!("{} недоступен с самой этой машины: {error}.", door.address),
    )
    .mend(
        "Look at the firewall of this machine and at the log of the server.",
        "Проверьте межсетевой экран этой машины и журнал сервера.",
    )
}
