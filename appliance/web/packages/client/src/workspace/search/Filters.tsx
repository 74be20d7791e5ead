/** Where, by whom, what and when. */
import { Select } from "@veche/kit";
import { useMemo } from "react";
import { useEngine, useStore, useT } from "../../app/context";
import { KINDS, type Narrowing, PERIODS } from "./narrowing";
import styles from "./Search.module.css";

interface Props {
    readonly narrowing: Narrowing;
    readonly onChange: (narrowing: Narrowing) => void;
}

/** The value of "no matter which" in a list. */
const ANY = "";

export function Filters({ narrowing, onChange }: Props) {
    const t = useT();
    const rooms = useRooms();
    const people = usePeople();
    const { roomId, sender, kind, period } = narrowing;
    return (
        <div className={styles.filters}>
            <Select
                label={t("search.room")}
                size="small"
                value={roomId ?? ANY}
                onChange={(value) => { onChange({ ...narrowing, roomId: value === ANY ? null : value }); }}
                options={[{ value: ANY, label: t("search.anyRoom") }, ...rooms]}
            />
            <Select
                label={t("search.person")}
                size="small"
                value={sender ?? ANY}
                onChange={(value) => { onChange({ ...narrowing, sender: value === ANY ? null : value }); }}
                options={[{ value: ANY, label: t("search.anyPerson") }, ...people]}
            />
            <Select
                label={t("search.kind")}
                size="small"
                value={kind ?? ANY}
                onChange={(value) => { onChange({ ...narrowing, kind: KINDS.find((known) => known === value) ?? null }); }}
                options={[{ value: ANY, label: t("search.anyKind") }, ...KINDS.map((known) => ({ value: known, label: t(`search.kind.${known}`) }))]}
            />
            <Select
                label={t("search.period")}
                size="small"
                value={period}
                onChange={(value) => { onChange({ ...narrowing, period: PERIODS.find((known) => known === value) ?? "any" }); }}
                options={PERIODS.map((known) => ({ value: known, label: t(`search.period.${known}`) }))}
            />
        </div>
    );
}

function useRooms() {
    const { rooms } = useEngine();
    const { byId } = useStore(rooms);
    return useMemo(() => {
        const joined = [...byId.values()].filter((room) => room.kind !== "space" && room.membership === "join");
        return joined.map(({ id, name }) => ({ value: id, label: name })).sort((a, b) => a.label.localeCompare(b.label));
    }, [byId]);
}

function usePeople() {
    const t = useT();
    const { people, account, me } = useEngine();
    const { name } = useStore(account);
    return useMemo(() => {
        const others = people.known().map((person) => ({ value: person.id, label: person.name }));
        return [{ value: me, label: t("search.me", { name }) }, ...others.sort((a, b) => a.label.localeCompare(b.label))];
    }, [t, people, me, name]);
}
