import type { ReactNode } from "react";
import { Avatar, type AvatarSize, Badge, CountBadge, Icon, useI18n } from "../../src";
import styles from "../Page.module.css";
import type { en } from "../catalogs";

const SIZES: readonly AvatarSize[] = [16, 20, 24, 32, 40, 56, 80];
const NAMES = ["Анна Вешнякова", "Борис", "Chiara Conti", "Дарья Смирнова", "Émile Dubois", "Фёдор", "Grace", "李雷", "🦊 Fox"];

export function People(): ReactNode {
    const { t, rich } = useI18n<typeof en>();
    return (
        <div className={styles.stack}>
            <div className={styles.row}>
                {SIZES.map((size) => (
                    <Avatar key={size} name="Анна Вешнякова" id="@anna:example.org" size={size} />
                ))}
                <Avatar name="Engineering" id="!engineering:example.org" size={40} shape="square" />
                <Avatar name="Нет картинки" id="@broken:example.org" url="/nothing.png" size={40} />
            </div>
            <div className={styles.row}>
                {NAMES.map((name) => (
                    <Avatar key={name} name={name} id={name} size={40} />
                ))}
            </div>
            <div className={styles.row}>
                <Avatar name="Anna" id="1" size={40} presence="online" presenceLabel="online" />
                <Avatar name="Boris" id="2" size={40} presence="away" presenceLabel="away" />
                <Avatar name="Chiara" id="3" size={40} presence="busy" presenceLabel="do not disturb" />
                <Avatar name="Daria" id="4" size={40} presence="offline" presenceLabel="offline" />
                <Avatar name="Daria" id="4" size={24} presence="online" presenceLabel="online" />
            </div>
            <div className={styles.row}>
                <Badge>Draft</Badge>
                <Badge tone="accent" icon="shield-check">
                    Verified
                </Badge>
                <Badge tone="success">Active</Badge>
                <Badge tone="warning" icon="globe">
                    External
                </Badge>
                <Badge tone="danger">Locked</Badge>
                <Badge solid>Bot</Badge>
                <Badge tone="accent" solid>
                    New
                </Badge>
                <Badge tone="danger" solid>
                    Overdue
                </Badge>
                <CountBadge count={3} label="3 unread" />
                <CountBadge count={12} tone="accent" label="12 unread" />
                <CountBadge count={1240} tone="danger" label="1240 mentions" />
            </div>
            <p>
                {[1, 2, 5, 1_234].map((count) => t("members", { count })).join(" · ")}
                {" · "}
                {rich("invited", { who: <strong>Анна</strong>, whom: <strong>Борис</strong> })} <Icon name="check" size={16} label="Done" />
            </p>
        </div>
    );
}
