/** What is done to an account: each act says what will happen. */
import { RadioGroup } from "@veche/kit";
import { useState } from "react";
import type { Api, User } from "../../api/api";
import { useApi, useT } from "../../app/context";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { SecretDialog } from "../../ui/SecretDialog";
import { nameOf } from "../../ui/name_of";

export type Act = "lock" | "unlock" | "suspend" | "unsuspend" | "reset" | "secondFactor" | "deactivate";

export interface ActDialogProps {
    readonly act: Act;
    readonly user: User;
    readonly onClose: () => void;
    readonly onDone: (user: User) => void;
    readonly reload: () => void;
}

type Mark = "lock" | "unlock" | "suspend" | "unsuspend";

function mark(api: Api, act: Mark, userId: string): Promise<User> {
    const asked = { path: { user_id: userId } };
    switch (act) {
        case "lock":
            return api.post("/api/admin/v1/users/{user_id}/lock", asked);
        case "unlock":
            return api.post("/api/admin/v1/users/{user_id}/unlock", asked);
        case "suspend":
            return api.post("/api/admin/v1/users/{user_id}/suspend", asked);
        case "unsuspend":
            return api.post("/api/admin/v1/users/{user_id}/unsuspend", asked);
    }
}

export function ActDialog({ act, ...rest }: ActDialogProps) {
    switch (act) {
        case "reset":
            return <Reset {...rest} />;
        case "secondFactor":
            return <SecondFactor {...rest} />;
        case "deactivate":
            return <Deactivate {...rest} />;
        case "lock":
        case "unlock":
        case "suspend":
        case "unsuspend":
            return <MarkDialog act={act} {...rest} />;
    }
}

type Rest = Omit<ActDialogProps, "act">;

function MarkDialog({ act, user, onClose, onDone }: Rest & { readonly act: Mark }) {
    const t = useT();
    const api = useApi();
    return (
        <ConfirmDialog
            title={t(`act.${act}.title`, { name: nameOf(user.user_id, user.display_name) })}
            confirm={t(`act.${act}`)}
            danger={act === "lock" || act === "suspend"}
            onClose={onClose}
            run={async () => { onDone(await mark(api, act, user.user_id)); }}
        >
            <p>{t(`act.${act}.text`)}</p>
        </ConfirmDialog>
    );
}

function Reset({ user, onClose, reload }: Rest) {
    const t = useT();
    const api = useApi();
    const [password, setPassword] = useState<string | null>(null);
    if (password !== null) {
        const close = () => {
            onClose();
            reload();
        };
        return <SecretDialog title={t("act.reset.done")} text={t("act.reset.doneText")} userId={user.user_id} password={password} onClose={close} />;
    }
    return (
        <ConfirmDialog
            title={t("act.reset.title", { name: nameOf(user.user_id, user.display_name) })}
            confirm={t("act.reset")}
            stays
            onClose={onClose}
            proof="fresh"
            run={async (proof) => {
                const made = await api.post("/api/admin/v1/users/{user_id}/reset_password", { path: { user_id: user.user_id }, proof });
                setPassword(made.password);
            }}
        >
            <p>{t("act.reset.text")}</p>
            <ul>
                <li>{t("act.reset.sessions")}</li>
                <li>{t("act.reset.keys")}</li>
            </ul>
        </ConfirmDialog>
    );
}

function SecondFactor({ user, onClose, onDone }: Rest) {
    const t = useT();
    const api = useApi();
    return (
        <ConfirmDialog
            title={t("act.secondFactor.title", { name: nameOf(user.user_id, user.display_name) })}
            confirm={t("act.secondFactor")}
            proof="fresh"
            onClose={onClose}
            run={async (proof) => {
                onDone(await api.delete("/api/admin/v1/users/{user_id}/second_factor", { path: { user_id: user.user_id }, proof }));
            }}
        >
            <p>{t("act.secondFactor.text")}</p>
        </ConfirmDialog>
    );
}

function Deactivate({ user, onClose, onDone }: Rest) {
    const t = useT();
    const api = useApi();
    const [data, setData] = useState<"keep" | "erase" | "">("");
    return (
        <ConfirmDialog
            title={t("act.deactivate.title", { name: nameOf(user.user_id, user.display_name) })}
            confirm={t("person.delete")}
            typed={user.user_id}
            proof="always"
            ready={data !== ""}
            onClose={onClose}
            run={async (proof) => {
                const asked = { path: { user_id: user.user_id }, body: { erase: data === "erase" }, proof };
                onDone(await api.post("/api/admin/v1/users/{user_id}/deactivate", asked));
            }}
        >
            <p>{t("act.deactivate.text")}</p>
            <ul>
                <li>{t("act.deactivate.sessions")}</li>
                <li>{t("act.deactivate.name")}</li>
                <li>{t("act.deactivate.forever")}</li>
            </ul>
            <RadioGroup
                label={t("act.deactivate.data")}
                value={data}
                onChange={(value) => { setData(value === "erase" ? "erase" : "keep"); }}
                options={[
                    { value: "keep", label: t("act.deactivate.keep"), hint: t("act.deactivate.keepHint") },
                    { value: "erase", label: t("act.deactivate.erase"), hint: t("act.deactivate.eraseHint") },
                ]}
            />
        </ConfirmDialog>
    );
}
