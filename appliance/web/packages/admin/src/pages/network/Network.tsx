/** How clients reach the server, and the certificate that it shows them. */
import { Tabs } from "@veche/kit";
import { useRoute, useRouter, useT } from "../../app/context";
import type { NetworkTab } from "../../app/router";
import { Page } from "../../ui/Page";
import { Certificate } from "./Certificate";
import { Reachability } from "./Reachability";

export function Network() {
    const t = useT();
    const route = useRoute();
    const router = useRouter();
    return (
        <Page title={t("page.network")} text={t("network.text")}>
            <Tabs
                label={t("page.network")}
                value={route.page === "network" ? route.tab : "reachability"}
                onChange={(tab) => { router.replace({ page: "network", tab: tab as NetworkTab }); }}
                tabs={[
                    { id: "reachability", label: t("network.reachability"), icon: "globe", content: <Reachability /> },
                    { id: "certificate", label: t("network.certificate"), icon: "shield-check", content: <Certificate /> },
                ]}
            />
        </Page>
    );
}
