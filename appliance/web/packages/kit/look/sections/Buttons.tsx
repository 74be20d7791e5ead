import { type ReactNode, useState } from "react";
import { Button, ButtonLink, Icon, IconButton, Kbd, useToasts } from "../../src";
import { ICONS, type IconName } from "../../src/components/icons";
import styles from "../Page.module.css";

export function Buttons(): ReactNode {
    const [pressed, setPressed] = useState(true);
    const toasts = useToasts();
    return (
        <div className={styles.stack}>
            <div className={styles.row}>
                <Button variant="primary" icon="user-add">
                    Invite people
                </Button>
                <Button>Cancel</Button>
                <Button variant="ghost">Later</Button>
                <Button variant="danger" icon="trash">
                    Delete room
                </Button>
                <ButtonLink href="#icons" iconEnd="external">
                    Documentation
                </ButtonLink>
            </div>
            <div className={styles.row}>
                <Button
                    variant="primary"
                    busy
                    onClick={() => {
                        toasts.show({ text: "It was pressed" });
                    }}
                >
                    Sending
                </Button>
                <Button busy>Saving</Button>
                <Button variant="primary" disabled>
                    Not now
                </Button>
                <Button disabled>Not now</Button>
                <Button variant="ghost" disabled>
                    Not now
                </Button>
            </div>
            <div className={styles.row}>
                <Button variant="primary" size="small" icon="add">
                    Small
                </Button>
                <Button size="small">Small</Button>
                <Button variant="primary" size="large">
                    Large
                </Button>
                <Button size="large" icon="qr">
                    Show the code
                </Button>
            </div>
            <div className={styles.row}>
                <IconButton icon="search" label="Search" shortcut="Mod+K" />
                <IconButton icon="bell" label="Notifications, 2 new" dot />
                <IconButton
                    icon="pin"
                    label="Pinned"
                    pressed={pressed}
                    onClick={() => {
                        setPressed(!pressed);
                    }}
                />
                <IconButton icon="refresh" label="Loading" busy />
                <IconButton icon="send" label="Send" variant="primary" />
                <IconButton icon="settings" label="Settings" variant="secondary" />
                <IconButton icon="mic" label="Record" disabled />
                <IconButton icon="more" label="More" size="small" />
                <Kbd keys="Mod+Shift+K" />
                <Kbd keys="Escape" />
                <Kbd keys="?" />
            </div>
        </div>
    );
}

export function Icons(): ReactNode {
    return (
        <div className={styles.icons} id="icons">
            {(Object.keys(ICONS) as IconName[]).map((name) => (
                <div key={name} className={styles.icon}>
                    <span className={styles.row}>
                        <Icon name={name} size={24} />
                        <Icon name={name} size={16} />
                    </span>
                    {name}
                </div>
            ))}
        </div>
    );
}
