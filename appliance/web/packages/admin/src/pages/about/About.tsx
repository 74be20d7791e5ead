/** What runs here. */
import { Badge, CopyField } from "@veche/kit";
import { useApi, useI18n, useLoaded } from "../../app/context";
import { Resource } from "../../base/resource";
import { Card, Facts, Page, Shown } from "../../ui/Page";
import { When } from "../../ui/When";

export function About() {
    const { t, format } = useI18n();
    const api = useApi();
    const about = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/about", { signal })));
    return (
        <Page title={t("page.about")}>
            <Shown of={about}>
                {({ server_name: name, base_url: url, organisation, machine }) => (
                    <>
                        <Card title={organisation ?? name}>
                            <Facts
                                facts={[
                                    { label: t("about.name"), value: <code>{name}</code> },
                                    { label: t("about.version"), value: machine.version },
                                    { label: t("about.started"), value: <When ms={machine.started_ms} /> },
                                    { label: t("about.processors"), value: format.number(machine.processors) },
                                    machine.memory_bytes === null ? null : { label: t("about.memory"), value: format.bytes(machine.memory_bytes) },
                                    {
                                        label: t("about.verified"),
                                        value: machine.verification === null ? t("about.notYet") : (
                                            <>
                                                <Badge tone={machine.verification.problems === 0 ? "success" : "danger"}>{t("about.problems", { count: machine.verification.problems })}</Badge> <When ms={machine.verification.at_ms} />
                                            </>
                                        ),
                                    },
                                ]}
                            />
                        </Card>
                        <Card title={t("about.clients")} text={t("about.clientsText")}>
                            <CopyField label={t("about.address")} value={url} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                        </Card>
                    </>
                )}
            </Shown>
        </Page>
    );
}
