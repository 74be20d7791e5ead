/** A poll: what is asked, what others say, and my vote. */
import { Button, Icon } from "@veche/kit";
import type { PollQuestion } from "@veche/protocol/engine";
import { useEngine, useStore, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import styles from "./bodies.module.css";

interface Props {
    readonly roomId: string;
    readonly eventId: string;
    readonly question: PollQuestion;
    readonly sent: boolean;
}

export function PollBody(props: Props) {
    // Its votes are asked for by its id, which it has once it is sent.
    return props.sent ? <SentPoll {...props} /> : <p className={styles.text}>{props.question.question}</p>;
}

function SentPoll({ roomId, eventId, question }: Props) {
    const t = useT();
    const engine = useEngine();
    const task = useTask();
    const { result, ended, mayEnd } = useStore(engine.poll(roomId, eventId));
    const shown = question.open || ended;
    const choose = (id: string) => {
        if (ended) return;
        const others = result.mine.filter((known) => known !== id);
        const taken = result.mine.includes(id);
        const next = question.choicesMax === 1 ? (taken ? [] : [id]) : taken ? others : [...others, id].slice(-question.choicesMax);
        void task.run(() => engine.actions.vote(roomId, eventId, next));
    };
    return (
        <div className={styles.poll}>
            <p className={styles.pollQuestion}>
                <Icon name="poll" size={16} /> {question.question}
            </p>
            <ul className={styles.answers}>
                {question.answers.map(({ id, text }) => {
                    const votes = result.votes.get(id)?.length ?? 0;
                    const part = shown && result.voters > 0 ? votes / result.voters : 0;
                    return (
                        <li key={id}>
                            <button type="button" className={styles.answer} aria-pressed={result.mine.includes(id)} disabled={ended} onClick={() => { choose(id); }}>
                                <span className={styles.answerBar} style={{ width: `${Math.round(part * 100)}%` }} />
                                <span className={styles.answerText}>{text}</span>
                                {shown && <span className={styles.answerCount}>{votes}</span>}
                            </button>
                        </li>
                    );
                })}
            </ul>
            <p className={styles.pollFoot}>
                <span>{ended ? t("poll.ended", { count: result.voters }) : t("poll.voters", { count: result.voters })}</span>
                {!shown && <span>{t("poll.hidden")}</span>}
                {mayEnd && (
                    <Button size="small" variant="ghost" busy={task.busy} onClick={() => void task.run(() => engine.actions.endPoll(roomId, eventId))}>
                        {t("poll.end")}
                    </Button>
                )}
            </p>
            {task.error !== null && <p className={styles.pictureProblem}>{task.error}</p>}
        </div>
    );
}
