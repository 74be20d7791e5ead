/** A link that leads nowhere. */
import { EmptyState } from "@veche/kit";
import { useT } from "../../app/context";
import { Link } from "../../ui/Link";
import { Page } from "../../ui/Page";

export function Missing() {
    const t = useT();
    return (
        <Page title={t("page.missing")}>
            <EmptyState icon="search" level={2} title={t("missing.title")} text={t("missing.text")} action={<Link to={{ page: "dashboard" }}>{t("missing.home")}</Link>} />
        </Page>
    );
}
