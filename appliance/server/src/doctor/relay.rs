//! The relay, asked what clients ask it, with credentials that it must take.

use std::net::SocketAddr;
use std::sync::Arc;

use veche_base::Entropy;

use super::door::Door;
use super::finding::Finding;
use super::turn_client::{TurnClient, TurnError};
use crate::addresses::{Addresses, Chosen};
use crate::turn::Access;

/// What goes from one allocation to the other.
const GREETING: &[u8] = b"is there a way?";

/// What is needed to ask the relay.
pub(super) struct RelayProbe {
    /// Where the relay is reached from this machine.
    pub(super) address: SocketAddr,
    /// The families in which it can be reached at all.
    pub(super) listens_on_ipv4: bool,
    pub(super) listens_on_ipv6: bool,
    /// The HTTPS listener, which finds TURN inside TLS.
    pub(super) https: Option<Door>,
    pub(super) host: String,
    pub(super) fingerprint_sha256: String,
    pub(super) access: Access,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// The relay is off.
pub(super) fn off() -> Finding {
    Finding::skipped(
        "off",
        "listen.turn is off: calls work only between devices that reach one another directly.",
        "listen.turn выключен: звонки возможны только между устройствами, которые видят друг друга напрямую.",
    )
}

impl RelayProbe {
    /// The port for UDP.
    pub(super) async fn port_udp(&self) -> Finding {
        self.port("UDP", async { TurnClient::udp(self.address, self.entropy()).await?.binding().await }.await)
    }

    /// The port for TCP.
    pub(super) async fn port_tcp(&self) -> Finding {
        self.port("TCP", async { self.tcp().await?.binding().await }.await)
    }

    /// Two clients of the relay over UDP, between which something passes.
    pub(super) async fn allocation_udp(&self, used: &Addresses) -> Finding {
        let passed = async {
            let mut one = TurnClient::udp(self.address, self.entropy()).await?;
            let mut other = TurnClient::udp(self.address, self.entropy()).await?;
            let (username, password) = self.access.for_ourselves();
            let from = one.allocate(&username, &password).await?;
            let to = other.allocate(&username, &password).await?;
            other.permit(from).await?;
            one.permit(to).await?;
            let passed = one.send_to(to, GREETING, &mut other).await;
            // They end by themselves otherwise; until then they take room.
            let (_, _) = (one.free().await, other.free().await);
            passed.map(|()| from)
        };
        relayed("UDP", passed.await, used)
    }

    /// A client over TCP.
    pub(super) async fn allocation_tcp(&self, used: &Addresses) -> Finding {
        let allocated = async {
            let client = self.tcp().await?;
            self.allocate(client).await
        };
        relayed("TCP", allocated.await, used)
    }

    /// A client over TLS on the HTTPS port.
    pub(super) async fn allocation_tls(&self, used: &Addresses) -> Finding {
        let Some(https) = &self.https else {
            return Finding::skipped(
                "https_off",
                "listen.https is off: networks that let only HTTPS through cannot take part in calls.",
                "listen.https выключен: из сетей, где открыт только HTTPS, звонки невозможны.",
            );
        };
        let allocated = async {
            let stream = https.connect_tls(&self.host, &self.fingerprint_sha256).await?;
            self.allocate(TurnClient::stream(stream, self.entropy())).await
        };
        relayed("TLS", allocated.await, used)
    }

    /// A client that comes to the external address, as those outside do.
    pub(super) async fn hairpin(&self, used: &Addresses) -> Finding {
        let mut good = None;
        let is_served = |chosen: &&Chosen| match chosen.external.is_ipv4() {
            true => self.listens_on_ipv4,
            false => self.listens_on_ipv6,
        };
        for chosen in used.chosen().filter(is_served) {
            match self.hairpin_to(chosen).await {
                Ok(found) => good = good.or(Some(found)),
                Err(bad) => return bad,
            }
        }
        good.unwrap_or_else(|| {
            Finding::skipped(
                "no_address",
                "There is no external address of a family in which the relay listens.",
                "Нет внешнего адреса того семейства, в котором слушает реле.",
            )
        })
    }

    async fn hairpin_to(&self, chosen: &Chosen) -> Result<Finding, Finding> {
        let external = SocketAddr::new(chosen.external, self.address.port());
        let allocated = async {
            let client = TurnClient::udp(external, self.entropy()).await?;
            self.allocate(client).await
        };
        match allocated.await {
            Ok(_) => Ok(Finding::ok(
                "works",
                format!("The relay answers at {external} also from inside."),
                format!("Реле отвечает на {external} и изнутри."),
            )),
            Err(TurnError::Foreign | TurnError::Refused(401)) => Err(Finding::failed(
                "somebody_else",
                format!("At {external} another server answers, not this one."),
                format!("На {external} отвечает другой сервер, а не этот."),
            )
            .mend(
                "Correct network.external_address or the DNS record of the server's name.",
                "Исправьте network.external_address или запись имени сервера в DNS.",
            )),
            Err(error) => Err(unreached(chosen, external, &error)),
        }
    }

    async fn allocate(&self, mut client: TurnClient) -> Result<SocketAddr, TurnError> {
        let (username, password) = self.access.for_ourselves();
        let relayed = client.allocate(&username, &password).await?;
        client.free().await?;
        Ok(relayed)
    }

    async fn tcp(&self) -> Result<TurnClient, TurnError> {
        // No proxy stands before the relay's own port.
        let stream = Door::to(self.address, &[]).connect().await?;
        Ok(TurnClient::stream(stream, self.entropy()))
    }

    fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy)
    }

    fn port(&self, transport: &str, mapped: Result<SocketAddr, TurnError>) -> Finding {
        match mapped {
            Ok(_) => Finding::ok(
                "answers",
                format!("The relay answers at {} over {transport}.", self.address),
                format!("Реле отвечает на {} через {transport}.", self.address),
            ),
            Err(error) => Finding::failed(
                "no_answer",
                format!(
                    "The relay is not reached at {} over {transport} from this machine itself: {error}.",
                    self.address
                ),
                format!("Реле недоступно на {} через {transport} с самой этой машины: {error}.", self.address),
            )
            .mend(
                "Look at the firewall of this machine and at the log of the server; restart the server.",
                "Проверьте межсетевой экран этой машины и журнал сервера; перезапустите сервер.",
            ),
        }
    }
}

/// Whether the relay has given an address that is ours.
fn relayed(transport: &str, given: Result<SocketAddr, TurnError>, used: &Addresses) -> Finding {
    match given {
        Ok(relayed) if used.externals().contains(&relayed.ip()) => Finding::ok(
            "relays",
            format!("A client that comes over {transport} is given an address of the relay ({}).", relayed.ip()),
            format!("Клиент, пришедший через {transport}, получает адрес реле ({}).", relayed.ip()),
        ),
        Ok(relayed) => Finding::failed(
            "wrong_address",
            format!("A client that comes over {transport} is given {}, which is not this server's.", relayed.ip()),
            format!("Клиент, пришедший через {transport}, получает {} — это не адрес сервера.", relayed.ip()),
        )
        .mend("Restart the server.", "Перезапустите сервер."),
        Err(TurnError::Refused(code @ (486 | 508))) => Finding::warning(
            "full",
            format!("The relay has no room for another client over {transport} (error {code})."),
            format!("У реле нет места для ещё одного клиента через {transport} (ошибка {code})."),
        )
        .mend("See who makes so many calls.", "Выясните, кто занимает столько звонков."),
        Err(error) => Finding::failed(
            "no_relay",
            format!("A client that comes over {transport} is given no address of the relay: {error}."),
            format!("Клиент, пришедший через {transport}, не получает адреса реле: {error}."),
        )
        .mend("Look at the log of the server.", "Посмотрите журнал сервера."),
    }
}

fn unreached(chosen: &Chosen, external: SocketAddr, error: &TurnError) -> Finding {
    if !chosen.is_translated() || chosen.external.is_loopback() {
        return Finding::warning(
            "not_listening",
            format!("Nobody answers at {external}, although that is an address of this machine: {error}."),
            format!("На {external} никто не отвечает, хотя это адрес этой машины: {error}."),
        )
        .mend(
            "Let listen.turn be 0.0.0.0:3478, and look at the firewall of this machine.",
            "Задайте listen.turn = 0.0.0.0:3478 и проверьте межсетевой экран этой машины.",
        );
    }
    Finding::warning(
        "not_reached",
        format!(
            "Nobody answers at {external} from inside ({error}): the router does not lead packets from inside \
             back in (hairpin), or does not forward this port, or the address is wrong."
        ),
        format!(
            "Изнутри на {external} никто не отвечает ({error}): маршрутизатор не возвращает пакеты изнутри \
             обратно (hairpin), не пробрасывает этот порт, либо адрес неверен."
        ),
    )
    .mend(
        format!(
            "Try a call from outside. If that works, let the server's name lead to the internal address in \
             the company's DNS; if not, forward UDP and TCP port {} with the same number, or correct \
             network.external_address.",
            external.port()
        ),
        format!(
            "Попробуйте звонок снаружи. Если он работает, пусть внутренний DNS указывает на внутренний адрес \
             сервера; если нет, пробросьте порт {} UDP и TCP с тем же номером или исправьте \
             network.external_address.",
            external.port()
        ),
    )
}
