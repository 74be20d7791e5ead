import { type ReactNode, useState } from "react";
import { Checkbox, ListBox, RadioGroup, Switch, Tabs } from "../../src";
import styles from "../Page.module.css";

export function Choices(): ReactNode {
    const [checked, setChecked] = useState(true);
    const [on, setOn] = useState(true);
    const [history, setHistory] = useState("joined");
    const [policy, setPolicy] = useState("encrypted");
    const [tab, setTab] = useState("people");
    const [room, setRoom] = useState<string>("general");
    return (
        <div className={styles.columns}>
            <div className={styles.stack}>
                <RadioGroup
                    label="Who can read the messages"
                    appearance="cards"
                    value={policy}
                    onChange={setPolicy}
                    options={[
                        { value: "encrypted", label: "End-to-end encrypted", hint: "Only the people in the room can read along. Nobody else, not even administrators.", icon: "lock" },
                        { value: "managed", label: "Managed by the server", hint: "Encrypted on disk; newcomers find everything.", icon: "server" },
                    ]}
                />
                <RadioGroup
                    label="History for newcomers"
                    value={history}
                    onChange={setHistory}
                    options={[
                        { value: "joined", label: "From when they join" },
                        { value: "shared", label: "Everything", hint: "Also what was written before." },
                        { value: "world", label: "Everything, for everybody", disabled: true },
                    ]}
                />
            </div>
            <div className={styles.stack}>
                <Checkbox label="Send with Enter" checked={checked} onChange={setChecked} hint="Shift and Enter begin a new line." />
                <Checkbox label="All rooms" checked={false} indeterminate onChange={() => undefined} />
                <Checkbox label="I have saved the recovery key" checked={false} onChange={() => undefined} error="Without it nobody can restore your messages." />
                <Checkbox label="Set by the administrator" checked disabled onChange={() => undefined} />
                <Switch label="Notifications" hint="For mentions and direct messages." checked={on} onChange={setOn} />
                <Switch label="Sounds" checked={false} onChange={() => undefined} />
                <Switch label="Set by the administrator" checked disabled onChange={() => undefined} />
            </div>
            <div className={styles.stack}>
                <Tabs
                    label="About the room"
                    value={tab}
                    onChange={setTab}
                    tabs={[
                        { id: "people", label: "People", icon: "users", count: 12, content: "Who is here." },
                        { id: "files", label: "Files", icon: "file", content: "What was shared here." },
                        { id: "pinned", label: "Pinned", icon: "pin", content: "What was kept in sight." },
                    ]}
                />
                <ListBox
                    label="Room"
                    value={room}
                    onChange={setRoom}
                    options={[
                        { value: "general", label: "General", hint: "Everybody" },
                        { value: "engineering", label: "Engineering", hint: "24 people" },
                        { value: "board", label: "Board", disabled: true },
                        { value: "sales", label: "Sales", hint: "8 people" },
                    ]}
                />
            </div>
        </div>
    );
}
