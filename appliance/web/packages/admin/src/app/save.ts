/** Files that the console makes: tables for spreadsheets. */

/** Gives a text to the browser to be saved. */
export function save(name: string, text: string, type = "text/csv;charset=utf-8"): void {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    URL.revokeObjectURL(url);
}

/** A byte order mark: without it, a widespread spreadsheet takes Russian letters for something else. */
const MARK = "\uFEFF";

/** Rows as a table. What a spreadsheet would take for a formula gets an apostrophe in front: names are chosen by others. Pure. */
export function csv(rows: readonly (readonly string[])[]): string {
    const cell = (text: string): string => {
        const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
        return /[",;\n\r]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
    };
    return MARK + rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
