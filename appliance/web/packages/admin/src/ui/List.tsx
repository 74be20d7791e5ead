/** Pages of rows as a table, with everything that can happen to it: on its way, nothing there, failed, more to come. */
import { Button, type Column, EmptyState, type IconName, Table } from "@veche/kit";
import type { ReactNode } from "react";
import { useRouter, useStore, useT } from "../app/context";
import { type Route, write } from "../app/router";
import type { Pages } from "../base/resource";
import styles from "./List.module.css";
import { Coming, Failure } from "./Page";

export interface ListProps<Row, Next, Filter> {
    readonly label: string;
    readonly pages: Pages<Row, Next, Filter>;
    readonly columns: readonly Column<Row>[];
    readonly rowKey: (row: Row) => string;
    readonly to?: (row: Row) => Route;
    readonly empty: { readonly icon: IconName; readonly title: string; readonly text?: ReactNode; readonly action?: ReactNode };
}

export function List<Row, Next, Filter>({ label, pages, columns, rowKey, to, empty }: ListProps<Row, Next, Filter>) {
    const t = useT();
    const router = useRouter();
    const { rows, more, loading, problem } = useStore(pages);
    const retry = () => void pages.load();
    if (rows === null) return problem && loading === null ? <Failure problem={problem} retry={retry} /> : <Coming lines={8} />;
    return (
        <div className={styles.list}>
            {problem && loading === null && <Failure problem={problem} retry={retry} />}
            {rows.length === 0 && !problem ? (
                <EmptyState icon={empty.icon} title={empty.title} text={empty.text} action={empty.action} level={2} />
            ) : (
                <Table<Row>
                    label={label}
                    columns={columns}
                    rows={rows}
                    rowKey={rowKey}
                    busy={loading === "all"}
                    href={to && ((row) => write(to(row)))}
                    onOpen={to && ((row) => { router.go(to(row)); })}
                />
            )}
            {more && (
                <div className={styles.more}>
                    <Button busy={loading === "more"} onClick={() => void pages.loadMore()}>
                        {t("common.more")}
                    </Button>
                </div>
            )}
        </div>
    );
}
