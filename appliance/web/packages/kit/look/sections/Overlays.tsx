import { type ReactNode, useRef, useState } from "react";
import {
    Button,
    ContextMenu,
    Dialog,
    IconButton,
    Menu,
    MenuGroup,
    MenuItem,
    MenuSeparator,
    Popover,
    Sheet,
    TextField,
    Tooltip,
    useHotkeys,
    useT,
    useToasts,
} from "../../src";
import styles from "../Page.module.css";
import type { en } from "../catalogs";

export function Overlays(): ReactNode {
    const t = useT<typeof en>();
    const toasts = useToasts();
    useHotkeys({
        "?": () => {
            toasts.show({ text: "The key for help" });
        },
        "Mod+K": () => {
            toasts.show({ text: "The key for switching" });
        },
    });
    return (
        <div className={styles.stack}>
            <div className={styles.row}>
                <Dialogs close={t("close")} />
                <Sheets close={t("close")} />
                <Picker />
                <Tooltip text="Only for a moment">
                    <Button>Tooltip</Button>
                </Tooltip>
                <Menu label="Room" trigger={<IconButton icon="more" label="More" variant="secondary" />}>
                    <Items />
                </Menu>
            </div>
            <div className={styles.row}>
                <Button
                    onClick={() => {
                        toasts.show({ text: "The link was copied", tone: "success" });
                    }}
                >
                    Toast: success
                </Button>
                <Button
                    onClick={() => {
                        toasts.show({
                            title: "The file was not sent",
                            text: "The connection was lost.",
                            tone: "danger",
                            action: { label: "Try again", onAction: () => undefined },
                            seconds: null,
                        });
                    }}
                >
                    Toast: failure
                </Button>
            </div>
            <Context />
        </div>
    );
}

function Items(): ReactNode {
    const [muted, setMuted] = useState(true);
    return (
        <>
            <MenuItem icon="reply" shortcut="R" onSelect={() => undefined}>
                Reply
            </MenuItem>
            <MenuItem icon="forward" onSelect={() => undefined}>
                Forward
            </MenuItem>
            <MenuItem icon="edit" disabled onSelect={() => undefined}>
                Edit
            </MenuItem>
            <MenuSeparator />
            <MenuGroup label="Notifications">
                <MenuItem
                    checked={muted}
                    onSelect={() => {
                        setMuted(!muted);
                    }}
                    hint="Mentions still come"
                >
                    Mute
                </MenuItem>
            </MenuGroup>
            <MenuSeparator />
            <MenuItem icon="trash" danger shortcut="Backspace" onSelect={() => undefined}>
                Delete
            </MenuItem>
        </>
    );
}

function Context(): ReactNode {
    const [position, setPosition] = useState<{ x: number; y: number } | null>(null);
    return (
        <>
            <div
                className={styles.target}
                data-testid="context"
                onContextMenu={(event) => {
                    event.preventDefault();
                    setPosition({ x: event.clientX, y: event.clientY });
                }}
            >
                Press the right button here
            </div>
            <ContextMenu
                label="Message"
                position={position}
                onClose={() => {
                    setPosition(null);
                }}
            >
                <Items />
            </ContextMenu>
        </>
    );
}

function Dialogs({ close }: { readonly close: string }): ReactNode {
    const [form, setForm] = useState(false);
    const [question, setQuestion] = useState(false);
    const [name, setName] = useState("");
    const [sent, setSent] = useState("");
    const leave = (): void => {
        setForm(false);
    };
    const keep = (): void => {
        setQuestion(false);
    };
    return (
        <>
            <Button
                onClick={() => {
                    setForm(true);
                }}
            >
                Dialog
            </Button>
            <Button
                onClick={() => {
                    setQuestion(true);
                }}
            >
                Question
            </Button>
            <Dialog
                open={form}
                onClose={leave}
                title="New room"
                closeLabel={close}
                description={`A place for people who work on the same thing. ${sent}`}
                onSubmit={() => {
                    setSent(name);
                    leave();
                }}
                actions={
                    <>
                        <Button onClick={leave}>Cancel</Button>
                        <Button variant="primary" type="submit">
                            Create
                        </Button>
                    </>
                }
            >
                <TextField label="Name of the room" value={name} onChange={setName} hint="Short, and clear to newcomers." />
                <TextField label="Topic of the room" optional="Optional" value="" onChange={() => undefined} />
                <Menu label="Kind" trigger={<Button iconEnd="chevron-down">Kind of room</Button>}>
                    <Items />
                </Menu>
            </Dialog>
            <Dialog
                open={question}
                onClose={keep}
                size="small"
                title="Delete this room for everybody?"
                closeLabel={close}
                description="Its messages and files are gone, and nobody can restore them."
                dismissible={false}
                actions={
                    <>
                        <Button onClick={keep}>Keep it</Button>
                        <Button variant="danger" onClick={keep}>
                            Delete
                        </Button>
                    </>
                }
            />
        </>
    );
}

function Sheets({ close }: { readonly close: string }): ReactNode {
    const [side, setSide] = useState<"end" | "bottom" | null>(null);
    return (
        <>
            <Button
                onClick={() => {
                    setSide("end");
                }}
            >
                Sheet
            </Button>
            <Button
                onClick={() => {
                    setSide("bottom");
                }}
            >
                Sheet below
            </Button>
            <Sheet
                open={side !== null}
                onClose={() => {
                    setSide(null);
                }}
                side={side ?? "end"}
                title="About the room"
                closeLabel={close}
            >
                <p>Everything there is to know about it.</p>
            </Sheet>
        </>
    );
}

function Picker(): ReactNode {
    const [open, setOpen] = useState(false);
    const anchor = useRef<HTMLButtonElement>(null);
    return (
        <>
            <Button
                ref={anchor}
                aria-expanded={open}
                onClick={() => {
                    setOpen(!open);
                }}
            >
                Popover
            </Button>
            <Popover
                open={open}
                onClose={() => {
                    setOpen(false);
                }}
                label="Reactions"
                anchor={anchor}
            >
                <div className={`${styles.card} ${styles.row}`}>
                    <IconButton icon="reaction" label="Smile" />
                    <IconButton icon="star" label="Star" />
                </div>
            </Popover>
        </>
    );
}
