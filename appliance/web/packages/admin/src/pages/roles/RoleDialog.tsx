/** What somebody may administer. Nobody gives more than he has. */
import { Checkbox, RadioGroup } from "@veche/kit";
import { useState } from "react";
import type { Grant, Role, User } from "../../api/api";
import { useApi, useMe, useT } from "../../app/context";
import { GRANTS, mayGive, rolesToGive } from "../../base/rights";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { nameOf } from "../../ui/name_of";
import styles from "./Roles.module.css";

export interface RoleDialogProps {
    readonly user: Pick<User, "user_id" | "display_name" | "role" | "grants">;
    readonly onClose: () => void;
    readonly onDone: (user: User) => void;
}

export function RoleDialog({ user, onClose, onDone }: RoleDialogProps) {
    const t = useT();
    const api = useApi();
    const me = useMe();
    const [role, setRole] = useState<Role>(user.role);
    const [grants, setGrants] = useState<readonly Grant[]>(user.role === "administrator" ? user.grants : []);
    const toggle = (grant: Grant, on: boolean) => {
        setGrants(on ? GRANTS.filter((it) => it === grant || grants.includes(it)) : grants.filter((it) => it !== grant));
    };
    const isSame = role === user.role && (role !== "administrator" || GRANTS.every((grant) => grants.includes(grant) === user.grants.includes(grant)));
    return (
        <ConfirmDialog
            title={t("roles.of", { name: nameOf(user.user_id, user.display_name) })}
            confirm={t("common.save")}
            danger={false}
            proof="fresh"
            ready={!isSame}
            onClose={onClose}
            run={async (proof) => {
                const body = { role, grants: role === "administrator" ? [...grants] : [] };
                onDone(await api.put("/api/admin/v1/users/{user_id}/role", { path: { user_id: user.user_id }, body, proof }));
            }}
        >
            <RadioGroup
                label={t("people.role")}
                hideLabel
                value={role}
                onChange={(value) => { setRole(value as Role); }}
                options={rolesToGive(me).map((value) => ({ value, label: t(`role.${value}`), hint: t(`role.${value}.text`) }))}
            />
            {role === "administrator" && (
                <fieldset className={styles.grants}>
                    <legend>{t("roles.grants")}</legend>
                    {GRANTS.map((grant) => (
                        <Checkbox
                            key={grant}
                            label={t(`grant.${grant}`)}
                            hint={mayGive(me, grant) ? t(`grant.${grant}.text`) : t("roles.notYours")}
                            checked={grants.includes(grant)}
                            disabled={!mayGive(me, grant)}
                            onChange={(on) => { toggle(grant, on); }}
                        />
                    ))}
                </fieldset>
            )}
        </ConfirmDialog>
    );
}
