/** Where somebody is signed in. */
import { Button, type Column, Icon, Table } from "@veche/kit";
import { useState } from "react";
import type { Schemas, User } from "../../api/api";
import { useApi, useI18n, useLoaded, useT } from "../../app/context";
import { Resource } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card, Shown } from "../../ui/Page";
import { When } from "../../ui/When";
import styles from "./Devices.module.css";

type Device = Schemas["Device"];

export interface DevicesProps {
    readonly user: User;
    readonly mayEnd: boolean;
    readonly onEnded: () => void;
}

export function Devices({ user, mayEnd, onEnded }: DevicesProps) {
    const t = useT();
    const api = useApi();
    const path = { user_id: user.user_id };
    const devices = useLoaded(
        () => new Resource(async (signal) => (await api.get("/api/admin/v1/users/{user_id}/devices", { path, signal })).devices),
    );
    const [ending, setEnding] = useState<Device | "all" | null>(null);
    const end = async (what: Device | "all") => {
        if (what === "all") await api.delete("/api/admin/v1/users/{user_id}/devices", { path });
        else await api.delete("/api/admin/v1/users/{user_id}/devices/{device_id}", { path: { ...path, device_id: what.device_id } });
        void devices.load();
        onEnded();
    };
    return (
        <Shown of={devices} lines={3}>
            {(list) => (
                <Card
                    flush
                    title={t("devices.title")}
                    text={list.length === 0 ? t("devices.none") : t("devices.text")}
                    actions={mayEnd && list.length > 0 ? <Button icon="logout" onClick={() => { setEnding("all"); }}>{t("devices.endAll")}</Button> : undefined}
                >
                    {list.length > 0 && <DeviceTable devices={list} mayEnd={mayEnd} onEnd={setEnding} />}
                    {ending !== null && (
                        <ConfirmDialog
                            title={ending === "all" ? t("devices.endAllTitle") : t("devices.endTitle", { device: ending.display_name ?? ending.device_id })}
                            confirm={ending === "all" ? t("devices.endAll") : t("devices.end")}
                            onClose={() => { setEnding(null); }}
                            run={() => end(ending)}
                        >
                            <p>{t("devices.endText")}</p>
                        </ConfirmDialog>
                    )}
                </Card>
            )}
        </Shown>
    );
}

interface DeviceTableProps {
    readonly devices: readonly Device[];
    readonly mayEnd: boolean;
    readonly onEnd: (device: Device) => void;
}

function DeviceTable({ devices, mayEnd, onEnd }: DeviceTableProps) {
    const { t } = useI18n();
    const columns: readonly Column<Device>[] = [
        {
            id: "name",
            label: t("devices.device"),
            bare: true,
            breaks: true,
            cell: (device) => (
                <span className={styles.device}>
                    <Icon name={/android|ios|iphone|phone/i.test(`${device.display_name ?? ""} ${device.last_seen_agent ?? ""}`) ? "phone" : "laptop"} size={20} />
                    <span className={styles.words}>
                        <bdi>{device.display_name ?? t("devices.unnamed")}</bdi>
                        <span className={styles.id}>{device.device_id}</span>
                    </span>
                </span>
            ),
        },
        { id: "seen", label: t("people.seen"), narrow: true, cell: (device) => <When ms={device.last_seen_ms} /> },
        { id: "ip", label: t("devices.address"), cell: (device) => device.last_seen_ip ?? "–" },
        ...(mayEnd
            ? [
                  {
                      id: "end",
                      label: t("common.act"),
                      bare: true,
                      narrow: true,
                      align: "end" as const,
                      cell: (device: Device) => <Button size="small" aria-label={t("devices.endOf", { device: device.display_name ?? device.device_id })} onClick={() => { onEnd(device); }}>{t("devices.end")}</Button>,
                  },
              ]
            : []),
    ];
    return <Table label={t("devices.title")} columns={columns} rows={devices} rowKey={(device) => device.device_id} />;
}
