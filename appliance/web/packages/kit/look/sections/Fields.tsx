import { type ReactNode, useState } from "react";
import { Avatar, Combobox, CopyField, DateField, type Option, Select, TextArea, TextField, useI18n, useT } from "../../src";
import styles from "../Page.module.css";
import type { en } from "../catalogs";

const PEOPLE = ["Анна Вешнякова", "Борис Ильин", "Chiara Conti", "Дарья Смирнова", "Émile Dubois", "Фёдор Кузнецов"];

export function Fields(): ReactNode {
    const [name, setName] = useState("chat.example.org");
    const [password, setPassword] = useState("correct horse battery staple");
    const [query, setQuery] = useState("invoice");
    const [text, setText] = useState("Доброе утро!\nСобираемся в 11:00 в переговорной на третьем этаже.");
    const [role, setRole] = useState("member");
    return (
        <div className={styles.columns}>
            <div className={styles.stack}>
                <TextField
                    label="Name of the server"
                    hint="It becomes part of every address and cannot change later."
                    value={name}
                    onChange={setName}
                    icon="globe"
                />
                <TextField
                    label="Password"
                    type="password"
                    value={password}
                    onChange={setPassword}
                    reveal={{ show: "Show the password", hide: "Hide the password" }}
                    autoComplete="off"
                />
                <TextField
                    label="Claim code"
                    value="K7QW-22ZL"
                    onChange={() => undefined}
                    error="This code is not the one on the console. Three tries are left."
                />
                <TextField label="Mail address" optional="Optional" type="email" value="" onChange={() => undefined} placeholder="anna@example.org" />
                <TextField label="Directory" value="Set by the administrator" onChange={() => undefined} disabled />
            </div>
            <div className={styles.stack}>
                <TextField
                    label="Search"
                    hideLabel
                    type="search"
                    icon="search"
                    value={query}
                    onChange={setQuery}
                    clearLabel="Clear"
                    size="small"
                />
                <TextField label="Large" size="large" value={name} onChange={setName} />
                <TextArea label="Topic" value={text} onChange={setText} hint="What the room is about." />
                <Select
                    label="Role"
                    value={role}
                    onChange={setRole}
                    options={[
                        { value: "member", label: "Member" },
                        { value: "moderator", label: "Moderator" },
                        { value: "administrator", label: "Administrator" },
                    ]}
                />
            </div>
            <div className={styles.stack}>
                <Day />
                <Several />
                <CopyField
                    label="Invitation"
                    value="https://chat.example.org/invite/6Q2M-4FZB-0T8K"
                    copyLabel="Copy"
                    copiedLabel="Copied"
                    hint="Good for 7 days and for 20 people."
                />
                <CopyField
                    label="Recovery key"
                    value="EsTc 8KpW 2vRQ 7nYd 4LxH 9jMb 3sFz 6gTa 1cVu 5eKw 8rPn 2yDh"
                    copyLabel="Copy"
                    copiedLabel="Copied"
                    multiline
                />
            </div>
        </div>
    );
}

function Day(): ReactNode {
    const { t, language } = useI18n<typeof en>();
    const [day, setDay] = useState("2026-03-05");
    const words = {
        letters: { day: t("letterDay"), month: t("letterMonth"), year: t("letterYear") },
        calendar: t("calendar"),
        previous: t("previousMonth"),
        next: t("nextMonth"),
        invalid: (pattern: string) => t("invalidDay", { pattern }),
    };
    return <DateField label={t("day")} value={day} onChange={setDay} language={language} words={words} />;
}

function Several(): ReactNode {
    const t = useT<typeof en>();
    const [query, setQuery] = useState("");
    const [selected, setSelected] = useState<readonly string[]>(["Анна Вешнякова"]);
    const options: readonly Option[] = PEOPLE.filter(
        (person) => !selected.includes(person) && person.toLowerCase().includes(query.toLowerCase()),
    ).map((person) => ({
        value: person,
        label: person,
        hint: "Engineering",
        start: <Avatar name={person} id={person} size={24} decorative />,
    }));
    return (
        <Combobox
            label="People to invite"
            query={query}
            onQueryChange={setQuery}
            options={options}
            onSelect={(person) => {
                setSelected([...selected, person]);
                setQuery("");
            }}
            emptyText={t("nothing")}
            selected={selected.map((person) => ({ value: person, label: person }))}
            onRemove={(person) => {
                setSelected(selected.filter((other) => other !== person));
            }}
            removeLabel={(label) => t("remove", { name: label })}
            placeholder="Name or address"
        />
    );
}
