/** A link by a room's public address: the room it leads to is opened, entered first if need be. */
import { Button, EmptyState } from "@veche/kit";
import { useEngine, useRouter, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import styles from "../RoomPage/RoomPage.module.css";

export function AliasPage({ alias }: { readonly alias: string }) {
    const t = useT();
    const router = useRouter();
    const { actions } = useEngine();
    const task = useTask();
    const enter = () =>
        task.run(async () => {
            const roomId = await actions.join(alias);
            router.replace({ page: "room", roomId, eventId: null, panel: null });
        });
    return (
        <main className={styles.missing}>
            <EmptyState
                icon="hash"
                title={alias}
                text={task.error ?? t("alias.text")}
                action={
                    <Button variant="primary" busy={task.busy} onClick={() => void enter()}>
                        {t("alias.enter")}
                    </Button>
                }
            />
        </main>
    );
}
