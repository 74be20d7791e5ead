/**
 * In place of `unhomoglyph`, whose table of letters that look alike (by which two people with the same-looking name are told
 * apart) is as large as the rest of the shell: the same table, loaded beside the cryptography instead of before the page.
 */

let table = null;

void import("unhomoglyph/data.json").then(({ default: data }) => {
    const letters = Object.keys(data).map((letters) => letters.replace(/([.?*+^$[\]\\(){}|-])/g, "\\$1"));
    table = { data, pattern: new RegExp(letters.join("|"), "g") };
});

/** The text with each letter replaced by the plainest that looks like it. */
export default function unhomoglyph(text) {
    return table ? text.replace(table.pattern, (match) => table.data[match]) : text;
}
