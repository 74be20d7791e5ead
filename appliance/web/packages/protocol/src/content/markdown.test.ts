import { describe, expect, test } from "vitest";
import { toHtml, written } from "./markdown";

describe("typed text as HTML", () => {
    test.each([
        ["plain", null],
        ["two\nlines", null],
        ["a < b & c", null],
        ["**bold**", "<strong>bold</strong>"],
        ["`code`", "<code>code</code>"],
        ["<b>typed</b>", null],
        ["**x** <script>alert(1)</script>", "<strong>x</strong> &lt;script&gt;alert(1)&lt;/script&gt;"],
        ["[x](javascript:alert(1)) *y*", "x <em>y</em>"],
        ["[x](https://a.example/)", '<a href="https://a.example/">x</a>'],
        ["![secret](https://spy.example/p.png) *y*", "secret <em>y</em>"],
    ])("%j", (text, html) => {
        expect(toHtml(text)).toBe(html);
    });

    test("a code block keeps its language and its markup", () => {
        expect(toHtml("```rs\nlet a = b < c;\n```")).toBe('<pre><code class="language-rs">let a = b &lt; c;\n</code></pre>');
    });
});

describe("a message", () => {
    const anna = { userId: "@anna:b", name: "Anna" };
    const annaMaria = { userId: "@am:b", name: "Anna Maria" };

    test("names people by links and in its mentions; longer names first", () => {
        const content = written("@Anna Maria and @Anna", [anna, annaMaria]);
        expect(content["m.mentions"].user_ids).toEqual(["@anna:b", "@am:b"]);
        expect(content.formatted_body).toBe(
            '<a href="https://matrix.to/#/%40am%3Ab">Anna Maria</a> and <a href="https://matrix.to/#/%40anna%3Ab">Anna</a>',
        );
        expect(content.body).toBe("@Anna Maria and @Anna");
    });

    test("forgets whom it does not name any more", () => {
        expect(written("hello", [anna])["m.mentions"]).toEqual({});
    });

    test("a name with signs of Markdown stays a name", () => {
        const content = written("@a_b_c hi", [{ userId: "@x:b", name: "a_b_c" }]);
        expect(content.formatted_body).toContain(">a_b_c</a>");
    });

    test("a name with HTML is text", () => {
        const content = written("@<img> hi", [{ userId: "@x:b", name: "<img>" }]);
        expect(content.formatted_body).toContain(">&lt;img&gt;</a>");
    });

    test.each([
        ["@room come", true],
        ["mail@room.example", false],
        ["@roommate", false],
    ])("%s calls everybody: %s", (text, everybody) => {
        expect(written(text, [])["m.mentions"].room === true).toBe(everybody);
    });

    test("/me is what somebody does", () => {
        expect(written("/me waves", [])).toMatchObject({ msgtype: "m.emote", body: "waves" });
    });
});
