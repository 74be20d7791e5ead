/** The server could not be asked who one is. */
import { Button } from "@veche/kit";
import type { Problem } from "@veche/protocol";
import { useServices, useT } from "../app/context";
import { thrownText } from "../app/problems";
import { useTask } from "../app/use_task";
import { Frame } from "./Frame";
import styles from "./Frame.module.css";

export function Failed({ problem }: { readonly problem: Problem }) {
    const t = useT();
    const { session } = useServices();
    const task = useTask();
    return (
        <Frame title={t("failed.title")} text={thrownText(t, problem.cause ?? problem)}>
            <div className={styles.form}>
                <Button variant="primary" size="large" block busy={task.busy} onClick={() => void task.run(() => session.retry())}>
                    {t("common.retry")}
                </Button>
                <Button variant="ghost" block onClick={() => void session.signOut()}>
                    {t("shell.signOut")}
                </Button>
            </div>
        </Frame>
    );
}
