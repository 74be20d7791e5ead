/** Asking the room something. */
import { Banner, Button, Dialog, IconButton, Switch, TextField } from "@veche/kit";
import { useState } from "react";
import { useEngine, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

const ANSWERS_MIN = 2;
const ANSWERS_MAX = 20;

export default function PollDialog({ roomId, threadId }: { readonly roomId: string; readonly threadId: string | null }) {
    const t = useT();
    const ui = useUi();
    const { actions } = useEngine();
    const task = useTask();
    const [question, setQuestion] = useState("");
    const [answers, setAnswers] = useState<readonly string[]>(["", ""]);
    const [several, setSeveral] = useState(false);
    const given = answers.map((answer) => answer.trim()).filter(Boolean);
    const start = async () => {
        const choices = several ? given.length : 1;
        if (await task.run(() => actions.startPoll(roomId, threadId, question.trim(), given, choices))) ui.close();
    };
    const set = (at: number, text: string) => {
        setAnswers(answers.map((answer, index) => (index === at ? text : answer)));
    };
    return (
        <Dialog
            open
            onClose={ui.close}
            title={t("poll.title")}
            closeLabel={t("common.close")}
            onSubmit={() => void start()}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant="primary" busy={task.busy} disabled={question.trim() === "" || given.length < ANSWERS_MIN}>
                        {t("poll.start")}
                    </Button>
                </>
            }
        >
            <div className={styles.stack}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <TextField label={t("poll.question")} value={question} onChange={setQuestion} autoFocus maxLength={340} />
                <div className={styles.answers}>
                    {answers.map((answer, index) => (
                        <div key={index} className={styles.answer}>
                            <TextField label={t("poll.answer", { count: index + 1 })} value={answer} onChange={(text) => { set(index, text); }} maxLength={340} />
                            {answers.length > ANSWERS_MIN && (
                                <IconButton icon="close" label={t("poll.removeAnswer", { count: index + 1 })} onClick={() => { setAnswers(answers.filter((_, at) => at !== index)); }} />
                            )}
                        </div>
                    ))}
                    {answers.length < ANSWERS_MAX && (
                        <Button variant="ghost" icon="add" onClick={() => { setAnswers([...answers, ""]); }}>
                            {t("poll.addAnswer")}
                        </Button>
                    )}
                </div>
                <Switch label={t("poll.several")} checked={several} onChange={setSeveral} />
            </div>
        </Dialog>
    );
}
