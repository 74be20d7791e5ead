/** Not a product: a window as the client's might be, to see whether the parts fit together. */
import { type ReactNode, useState } from "react";
import { Avatar, Badge, CountBadge, Icon, IconButton, TextField } from "../../src";
import styles from "./Sample.module.css";

interface Row {
    readonly name: string;
    readonly text: string;
    readonly unread?: number;
    readonly mention?: boolean;
    readonly square?: boolean;
}

const ROWS: readonly Row[] = [
    { name: "Анна Вешнякова", text: "Отправила договор, посмотри", unread: 2, mention: true },
    { name: "Разработка", text: "Борис: сборка прошла", unread: 14, square: true },
    { name: "Общий", text: "Дарья: обед в 13:00", square: true },
    { name: "Chiara Conti", text: "Grazie!" },
];

const MESSAGES = [
    { name: "Борис Ильин", time: "10:02", text: "Сборка прошла, выкатываю на тестовый стенд. Если что-то сломается, пишите сюда." },
    { name: "Дарья Смирнова", time: "10:04", text: "Спасибо! Проверю отчёты до обеда." },
    { name: "Chiara Conti", time: "10:11", text: "The export works for me. One question: should the totals be rounded, as on the printed form?" },
];

export function Sample(): ReactNode {
    const [query, setQuery] = useState("");
    const [current, setCurrent] = useState("Разработка");
    return (
        <div className={styles.window}>
            <div className={styles.side}>
                <TextField label="Find" hideLabel type="search" icon="search" size="small" placeholder="Find" value={query} onChange={setQuery} />
                <ul className={styles.rows}>
                    {ROWS.map((row) => (
                        <li key={row.name}>
                            <button
                                type="button"
                                className={styles.row}
                                aria-current={row.name === current || undefined}
                                onClick={() => {
                                    setCurrent(row.name);
                                }}
                            >
                                <Avatar name={row.name} id={row.name} shape={row.square ? "square" : "circle"} decorative />
                                <span className={styles.words}>
                                    <span className={styles.name}>{row.name}</span>
                                    <span className={styles.text}>{row.text}</span>
                                </span>
                                <CountBadge count={row.unread ?? 0} tone={row.mention ? "accent" : "neutral"} label={`${row.unread ?? 0} unread`} />
                            </button>
                        </li>
                    ))}
                </ul>
            </div>
            <div className={styles.main}>
                <div className={styles.bar}>
                    <h3 className={styles.heading}>{current}</h3>
                    <Badge tone="accent" icon="lock">
                        Encrypted
                    </Badge>
                    <span className={styles.space} />
                    <IconButton icon="search" label="Search here" />
                    <IconButton icon="sidebar" label="Details" />
                </div>
                <ul className={styles.messages}>
                    {MESSAGES.map((message) => (
                        <li key={message.time} className={styles.message}>
                            <Avatar name={message.name} id={message.name} size={40} decorative />
                            <div>
                                <p>
                                    <strong>{message.name}</strong> <span className={styles.time}>{message.time}</span>
                                </p>
                                <p>{message.text}</p>
                            </div>
                        </li>
                    ))}
                </ul>
                <div className={styles.composer}>
                    <IconButton icon="attach" label="Attach" />
                    <span className={styles.placeholder}>Сообщение в «{current}»</span>
                    <IconButton icon="emoji" label="Emoji" />
                    <IconButton icon="send" label="Send it" variant="primary" />
                </div>
                <p className={styles.time}>
                    <Icon name="check-double" size={16} /> Прочитали 3
                </p>
            </div>
        </div>
    );
}
