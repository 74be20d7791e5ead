//! Polls as [MSC3381](https://github.com/matrix-org/matrix-spec-proposals/pull/3381) has them: what is asked, and the votes counted.

interface PollAnswer {
    readonly id: string;
    readonly text: string;
}

export interface PollQuestion {
    readonly question: string;
    readonly answers: readonly PollAnswer[];
    /** How many answers one may choose. */
    readonly choicesMax: number;
    /** Whether results are shown before the poll ends. */
    readonly open: boolean;
}

export const POLL_START = "org.matrix.msc3381.poll.start";
export const POLL_RESPONSE = "org.matrix.msc3381.poll.response";
export const POLL_END = "org.matrix.msc3381.poll.end";

const ANSWERS_MAX = 20;
const TEXT = "org.matrix.msc1767.text";

const object = (value: unknown): Record<string, unknown> =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const string = (value: unknown): string => (typeof value === "string" ? value : "");

export const isPollStart = (type: string): boolean => type === POLL_START || type === "m.poll.start";
export const isPollResponse = (type: string): boolean => type === POLL_RESPONSE || type === "m.poll.response";
export const isPollEnd = (type: string): boolean => type === POLL_END || type === "m.poll.end";

function textOf(value: unknown): string {
    const said = object(value)[TEXT] ?? object(value)["m.text"] ?? object(value).body;
    if (typeof said === "string") return said;
    return Array.isArray(said) ? string(object(said[0]).body) : "";
}

/** The question of a poll's first event; null if it is none that can be answered. */
export function pollQuestion(content: Record<string, unknown>): PollQuestion | null {
    const start = object(content[POLL_START] ?? content["m.poll.start"] ?? content["m.poll"]);
    const question = textOf(start.question);
    if (!question || !Array.isArray(start.answers)) return null;
    const answers = start.answers.slice(0, ANSWERS_MAX).map((answer) => ({
        id: string(object(answer).id ?? object(answer)["m.id"]),
        text: textOf(answer),
    }));
    const choices = start.max_selections;
    return {
        question,
        answers: answers.filter((answer) => answer.id !== "" && answer.text !== ""),
        choicesMax: typeof choices === "number" && choices >= 1 ? Math.floor(choices) : 1,
        open: !string(start.kind).endsWith("undisclosed"),
    };
}

/** One vote: who, when, and what. */
export interface Ballot {
    readonly senderId: string;
    readonly ts: number;
    readonly answers: readonly string[];
}

/** The answers a response event names. */
export function ballotAnswers(content: Record<string, unknown>): string[] {
    const response = object(content[POLL_RESPONSE] ?? content["m.poll.response"]);
    const answers = response.answers ?? content["m.selections"];
    return Array.isArray(answers) ? answers.filter((answer) => typeof answer === "string") : [];
}

export interface PollResult {
    readonly votes: ReadonlyMap<string, readonly string[]>;
    readonly voters: number;
    readonly mine: readonly string[];
}

/** Counts each person's last vote before the end; a vote for something that is not on the paper withdraws the former one. */
export function countVotes(question: PollQuestion, ballots: readonly Ballot[], endTs: number | null, me: string): PollResult {
    const last = new Map<string, Ballot>();
    for (const ballot of ballots) {
        if (endTs !== null && ballot.ts > endTs) continue;
        const former = last.get(ballot.senderId);
        if (!former || former.ts <= ballot.ts) last.set(ballot.senderId, ballot);
    }
    const known = new Set(question.answers.map((answer) => answer.id));
    const votes = new Map<string, string[]>(question.answers.map((answer) => [answer.id, []]));
    let voters = 0;
    let mine: readonly string[] = [];
    for (const { senderId, answers } of last.values()) {
        const valid = answers.slice(0, question.choicesMax);
        if (valid.length === 0 || !valid.every((answer) => known.has(answer))) continue;
        voters += 1;
        const chosen = [...new Set(valid)];
        for (const answer of chosen) votes.get(answer)?.push(senderId);
        if (senderId === me) mine = chosen;
    }
    return { votes, voters, mine };
}

/** The content of the event that starts a poll. */
export function pollContent(question: string, answers: readonly string[], choicesMax: number): Record<string, unknown> {
    const listed = answers.map((text, index) => ({ id: String(index + 1), [TEXT]: text }));
    const fallback = [question, ...answers.map((text, index) => `${index + 1}. ${text}`)].join("\n");
    return {
        [POLL_START]: {
            question: { [TEXT]: question, body: question, msgtype: "m.text" },
            kind: "org.matrix.msc3381.poll.disclosed",
            max_selections: choicesMax,
            answers: listed,
        },
        [TEXT]: fallback,
        body: fallback,
    };
}
