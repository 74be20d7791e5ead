/** What stands where a page could not be drawn. */
import { Button, EmptyState } from "@veche/kit";
import { useT } from "./context";

export function Broken() {
    const t = useT();
    return (
        <main>
            <EmptyState
                level={1}
                icon="warning"
                title={t("broken.title")}
                text={t("broken.text")}
                action={
                    <Button variant="primary" icon="refresh" onClick={() => { location.reload(); }}>
                        {t("broken.reload")}
                    </Button>
                }
            />
        </main>
    );
}
