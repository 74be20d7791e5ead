import { type ReactNode, useState } from "react";
import { Badge, BarChart, Button, Table } from "../../src";
import styles from "../Page.module.css";

const PEOPLE = [
    { id: "@anna:example.org", name: "Анна Вешнякова", active: true, messages: 1_204 },
    { id: "@boris:example.org", name: "Борис Ильин", active: false, messages: 86 },
    { id: "@chiara:example.org", name: "Chiara Conti", active: true, messages: 5 },
];
const DAYS = [3, 8, 0, 12, 9, 1, 0, 7, 14, 11, 6, 2];

export function Tables(): ReactNode {
    const [opened, setOpened] = useState("nobody");
    return (
        <div className={styles.stack}>
            <Table
                label="Who writes most"
                rows={PEOPLE}
                rowKey={(person) => person.id}
                href={(person) => `#${person.id}`}
                onOpen={(person) => {
                    setOpened(person.name);
                }}
                columns={[
                    { id: "name", label: "Name", bare: true, breaks: true, cell: (person) => person.name },
                    { id: "state", label: "State", cell: (person) => (person.active ? <Badge tone="success">active</Badge> : <Badge tone="danger">locked</Badge>) },
                    { id: "messages", label: "Written", narrow: true, align: "end", cell: (person) => person.messages },
                    { id: "act", label: "Actions", bare: true, narrow: true, align: "end", cell: (person) => <Button size="small" aria-label={`Write to ${person.name}`}>Write</Button> },
                ]}
            />
            <p role="status">{`Opened: ${opened}`}</p>
            <BarChart label="Messages: 73 in twelve days" ticks={[{ at: 0, text: "1 March" }, { at: DAYS.length - 1, text: "today" }]} top={String(Math.max(...DAYS))} bars={DAYS.map((value, day) => ({ id: String(day), value, title: `${day + 1} March: ${value}` }))} />
        </div>
    );
}
