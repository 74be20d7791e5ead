/** Whom to make an administrator. Without the grant to see people, one names somebody by the address. */
import { Avatar, Banner, Button, Combobox, Dialog, TextField } from "@veche/kit";
import { useEffect, useState } from "react";
import type { User } from "../../api/api";
import { useApi, useMay, useMe, useT } from "../../app/context";
import { thrownText } from "../../app/problems";
import styles from "../../ui/ConfirmDialog.module.css";
import { nameOf } from "../../ui/name_of";

type Chosen = Pick<User, "user_id" | "display_name" | "role" | "grants">;

export interface PickDialogProps {
    readonly onClose: () => void;
    readonly onPick: (user: Chosen) => void;
}

const PAUSE_MS = 200;
const SHOWN_MAX = 8;

export function PickDialog({ onClose, onPick }: PickDialogProps) {
    const t = useT();
    const mayLook = useMay("users");
    return (
        <Dialog open size="small" onClose={onClose} title={t("roles.add")} description={t("roles.addText")} closeLabel={t("common.close")}>
            {mayLook ? <Search onPick={onPick} /> : <Named onPick={onPick} />}
        </Dialog>
    );
}

function Search({ onPick }: Pick<PickDialogProps, "onPick">) {
    const t = useT();
    const api = useApi();
    const [query, setQuery] = useState("");
    const [found, setFound] = useState<readonly User[]>([]);
    const [error, setError] = useState<string | null>(null);
    useEffect(() => {
        const gone = new AbortController();
        const timer = setTimeout(() => {
            api.get("/api/admin/v1/users", { query: { search: query, status: "active", limit: SHOWN_MAX }, signal: gone.signal }).then(
                ({ users }) => {
                    setFound(users.filter((user) => user.role === "user" && user.kind === "user"));
                },
                (thrown: unknown) => {
                    if (!gone.signal.aborted) setError(thrownText(t, thrown));
                },
            );
        }, PAUSE_MS);
        return () => {
            clearTimeout(timer);
            gone.abort();
        };
    }, [api, query, t]);
    return (
        <div className={styles.content}>
            <Combobox
                label={t("roles.who")}
                query={query}
                onQueryChange={setQuery}
                emptyText={t("people.noneFits")}
                options={found.map((user) => ({
                    value: user.user_id,
                    label: nameOf(user.user_id, user.display_name),
                    hint: user.user_id,
                    start: <Avatar name={nameOf(user.user_id, user.display_name)} id={user.user_id} size={24} decorative />,
                }))}
                onSelect={(userId) => {
                    const user = found.find((it) => it.user_id === userId);
                    if (user) onPick(user);
                }}
            />
            {error !== null && <Banner tone="danger">{error}</Banner>}
        </div>
    );
}

function Named({ onPick }: Pick<PickDialogProps, "onPick">) {
    const t = useT();
    const me = useMe();
    const [name, setName] = useState("");
    const typed = name.trim();
    const server = me.user_id.slice(me.user_id.indexOf(":"));
    const userId = typed.startsWith("@") ? typed : `@${typed}${server}`;
    return (
        <form
            className={styles.content}
            onSubmit={(event) => {
                event.preventDefault();
                if (typed !== "") onPick({ user_id: userId, display_name: null, role: "user", grants: [] });
            }}
        >
            <TextField label={t("create.username")} hint={t("roles.namedHint")} value={name} onChange={setName} autoCapitalize="none" autoComplete="off" spellCheck={false} />
            <Button type="submit" variant="primary" disabled={typed === ""}>{t("common.next")}</Button>
        </form>
    );
}
