/**
 * Rows of one kind of thing. Dense on a wide screen, a card for each row on a narrow one. A row may lead somewhere: arrows go
 * from row to row, Enter goes there.
 */
import { type KeyboardEvent, type MouseEvent, type ReactNode, useRef } from "react";
import styles from "./Table.module.css";
import { nextIndex } from "./move";

export interface Column<Row> {
    readonly id: string;
    readonly label: string;
    readonly cell: (row: Row) => ReactNode;
    /** Numbers and buttons stand at the end. */
    readonly align?: "start" | "end" | undefined;
    /** On a card, it stands without its label: a name, a row of buttons. */
    readonly bare?: boolean | undefined;
    /** It keeps its width; the others share what is left. */
    readonly narrow?: boolean | undefined;
    /**
     * Its place where a row is two lines on a narrow screen: the first line, its end, the second line, or none. A table of which
     * a column says so is drawn like that; of others each row is a card.
     */
    readonly phone?: "lead" | "aside" | "line" | "none" | undefined;
    /** Its words may be broken anywhere: addresses, what others have typed. */
    readonly breaks?: boolean | undefined;
}

export interface TableProps<Row> {
    /** What the rows are. */
    readonly label: string;
    readonly columns: readonly Column<Row>[];
    readonly rows: readonly Row[];
    readonly rowKey: (row: Row) => string;
    /** Where a row leads. The first cell becomes the link. */
    readonly href?: ((row: Row) => string) | undefined;
    /** Takes a press on a row's link, unless it was meant for another tab. */
    readonly onOpen?: ((row: Row) => void) | undefined;
    /** What is new is on its way: the old rows are shown meanwhile. */
    readonly busy?: boolean | undefined;
}

/** Whether a press is for this tab. */
const isPlain = (event: MouseEvent): boolean =>
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

export function Table<Row>(props: TableProps<Row>): ReactNode {
    const { label, columns, rows, rowKey, busy = false } = props;
    const body = useRef<HTMLTableSectionElement>(null);
    const walk = (event: KeyboardEvent): void => {
        const links = [...(body.current?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];
        const at = links.findIndex((link) => link === document.activeElement);
        const next = at < 0 ? undefined : nextIndex(event.key, at, links.length);
        if (next !== undefined) {
            event.preventDefault();
            links[next]?.focus();
        }
    };
    return (
        // The roles are written out: as cards the elements are no table to browsers any more.
        <table role="table" className={styles.table} data-compact={columns.some(({ phone }) => phone !== undefined) || undefined} aria-label={label} aria-busy={busy}>
            <thead role="rowgroup" className={styles.head}>
                <tr role="row">
                    {columns.map(({ id, label: name, align, narrow }) => (
                        <th key={id} role="columnheader" scope="col" data-align={align} data-narrow={narrow || undefined}>
                            {name}
                        </th>
                    ))}
                </tr>
            </thead>
            <tbody ref={body} role="rowgroup" onKeyDown={walk}>
                {rows.map((row) => (
                    <Row key={rowKey(row)} row={row} {...props} />
                ))}
            </tbody>
        </table>
    );
}

function Row<Row>({ row, columns, href, onOpen }: TableProps<Row> & { readonly row: Row }): ReactNode {
    const target = href?.(row);
    const press = (event: MouseEvent): void => {
        if (onOpen !== undefined && isPlain(event)) {
            event.preventDefault();
            onOpen(row);
        }
    };
    return (
        <tr role="row" className={styles.row} data-leads={target !== undefined || undefined}>
            {columns.map(({ id, label, cell, align, bare, narrow, phone, breaks }, index) => (
                <td key={id} role="cell" className={styles.cell} data-phone={phone} data-align={align} data-narrow={narrow || undefined} data-breaks={breaks || undefined}>
                    {bare !== true && (
                        <span className={styles.label} aria-hidden="true">
                            {label}
                        </span>
                    )}
                    {index === 0 && target !== undefined ? (
                        <a href={target} className={styles.link} data-row onClick={press}>
                            {cell(row)}
                        </a>
                    ) : (
                        <div className={styles.value}>{cell(row)}</div>
                    )}
                </td>
            ))}
        </tr>
    );
}
