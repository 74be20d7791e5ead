import { describe, expect, test } from "vitest";
import { type Doc, SearchIndex, snippet } from "./index";
import { stemEnglish } from "./stem_english";
import { stemRussian } from "./stem_russian";
import { stemOf, wordsIn } from "./words";

/** From the sample vocabularies of the Snowball project. */
const RUSSIAN = `в в;вавиловка вавиловк;вагнера вагнер;вагон вагон;вагонов вагон;вагоном вагон;важная важн;важнее важн;
важнейшие важн;важничал важнича;важно важн;важного важн;важности важност;важностию важност;важностью важност;важный важн;
вазах ваз;валандался валанда;валериановых валерианов;валерию валер;валетами валет;п п;пава пав;павел павел;
павильонам павильон;павлиний павлин;павлиньи павлин;павлович павлович`;

const ENGLISH = `consign consign;consigned consign;consignment consign;consistency consist;consistently consist;
consolation consol;consolatory consolatori;console consol;consolidate consolid;consolingly consol;conspicuously conspicu;
conspiracy conspiraci;conspirators conspir;constables constabl;constancy constanc;knackeries knackeri;knaves knave;
kneading knead;knightly knight;knitted knit;knives knive;generously generous;communities communiti;skies sky;dying die;
news news;proceed proceed;hopping hop;hoping hope;relational relat;happy happi;by by;say say;falling fall;agreed agre`;

const pairs = (list: string): (readonly [string, string])[] =>
    list.split(";").map((pair) => {
        const [word = "", stem = ""] = pair.trim().split(" ");
        return [word, stem] as const;
    });

describe("stems", () => {
    test.each(pairs(RUSSIAN))("%s: %s", (word, stem) => {
        expect(stemRussian(word)).toBe(stem);
    });

    test.each(pairs(ENGLISH))("%s: %s", (word, stem) => {
        expect(stemEnglish(word)).toBe(stem);
    });

    test.each([
        [["книга", "книги", "книгу", "книгой", "книгах"]],
        [["встреча", "встречи", "встречей", "встречам"]],
        [["отчёт", "отчета", "отчёты"]],
        [["meeting", "meetings", "meet"]],
        [["invoice", "invoices", "invoiced"]],
    ])("%j are forms of one word", (forms) => {
        expect(new Set(forms.map((form) => stemOf(form.replaceAll("ё", "е")))).size).toBe(1);
    });

    test("words are found in any writing, and long keys are none", () => {
        expect([...wordsIn("Ёлка, ЁЛКА — don’t; 2025 №7")]).toEqual(["елка", "don't", "2025", "7"]);
        expect([...wordsIn("x".repeat(200))]).toEqual([]);
    });
});

let counter = 0;
const doc = (text: string, more: Partial<Doc> = {}): Doc => {
    counter += 1;
    return { id: `$${counter}`, roomId: "!a", threadId: null, sender: "@anna:b", ts: counter, kind: "text", text, ...more };
};

function indexOf(...docs: Doc[]): SearchIndex {
    const index = new SearchIndex();
    for (const each of docs) index.add(each);
    return index;
}

describe("searching", () => {
    const book = doc("Купил новую книгу про встречи");
    const meeting = doc("The meetings are on Monday", { sender: "@boris:b", roomId: "!b" });
    const picture = doc("chart.png", { kind: "picture" });
    const index = indexOf(book, meeting, picture);
    const ids = (query: Parameters<SearchIndex["search"]>[0]) => index.search(query, 10).docs.map(({ id }) => id);

    test.each([
        ["книга", [book]],
        ["КНИГИ встреча", [book]],
        ["meeting", [meeting]],
        ["monday meet", [meeting]],
        ["кни", [book]],
        ["mon", [meeting]],
        ["chart", [picture]],
        ["книга meeting", []],
        ["nothing", []],
        ["", []],
        ["!?", []],
    ] as const)("%j", (text, found) => {
        expect(ids({ text })).toEqual(found.map(({ id }) => id));
    });

    test("is narrowed by room, person, kind and time", () => {
        expect(ids({ text: "meeting", roomId: "!a" })).toEqual([]);
        expect(ids({ text: "", sender: "@boris:b" })).toEqual([meeting.id]);
        expect(ids({ text: "", kind: "picture" })).toEqual([picture.id]);
        expect(ids({ text: "", sinceMs: meeting.ts })).toEqual([picture.id, meeting.id]);
        expect(ids({ text: "", untilMs: meeting.ts })).toEqual([book.id]);
    });

    test("finds the newer text of an edited message, and nothing of a deleted one", () => {
        const first = doc("alpha");
        const edited = indexOf(first);
        edited.add({ ...first, text: "omega" });
        expect(edited.search({ text: "alpha" }, 10).total).toBe(0);
        expect(edited.search({ text: "omega" }, 10).total).toBe(1);
        edited.remove(first.id);
        expect(edited.search({ text: "ome" }, 10)).toMatchObject({ total: 0 });
        expect(edited.size).toBe(0);
    });

    test("gives the newest first, and says how many there are", () => {
        const many = indexOf(...Array.from({ length: 20 }, () => doc("same word")));
        const { docs, total } = many.search({ text: "word" }, 5);
        expect(total).toBe(20);
        expect(docs.map(({ ts }) => ts)).toEqual([...docs.map(({ ts }) => ts)].sort((a, b) => b - a));
        expect(docs).toHaveLength(5);
    });
});

describe("a snippet", () => {
    test("marks every form that was found", () => {
        const index = indexOf(doc("Книги и книга"));
        const { words } = index.search({ text: "книгу" }, 1);
        expect(snippet("Книги и\n книга", words, 80)).toEqual([
            { text: "Книги", match: true },
            { text: " и ", match: false },
            { text: "книга", match: true },
        ]);
    });

    test("begins near the first match of a long text", () => {
        const long = `${"word ".repeat(100)}needle ${"word ".repeat(100)}`;
        const pieces = snippet(long, new Set(["needle"]), 120);
        expect(pieces.filter(({ match }) => match).map(({ text }) => text)).toEqual(["needle"]);
        expect(pieces.map(({ text }) => text).join("").length).toBeLessThan(130);
    });
});
