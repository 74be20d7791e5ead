/** A question: the form of one step, with what is wrong above it and the ways on and back below. */
import { Banner, Button, ButtonLink } from "@veche/kit";
import type { ReactNode } from "react";
import { useServices, useStore, useT } from "../../app/context";
import type { Form } from "../../app/use_field";
import { causeWords } from "../../app/words";
import { type PageName, addressOf, pageBefore } from "../../wizard/steps";
import { FormBox } from "./FormBox";
import { Frame } from "./Frame";
import styles from "./StepForm.module.css";

export interface StepFormProps {
    readonly step: PageName;
    readonly title: string;
    readonly lead: ReactNode;
    readonly form: Form;
    /** What its button says; none: "continue". */
    readonly submit?: string;
    /** Another way on, beside the button. */
    readonly aside?: ReactNode;
    readonly children: ReactNode;
}

export function StepForm({ step, title, lead, form, submit, aside, children }: StepFormProps) {
    const t = useT();
    const { busy } = useStore(useServices().wizard);
    const before = pageBefore(step);
    return (
        <Frame step={step} title={title} lead={lead}>
            <FormBox form={form}>
                <Problems />
                {children}
                <div className={styles.actions}>
                    <Button type="submit" variant="primary" size="large" busy={busy}>
                        {submit ?? t("common.continue")}
                    </Button>
                    {aside}
                    {before !== null && (
                        <ButtonLink href={addressOf(before)} variant="ghost" size="large">
                            {t("common.back")}
                        </ButtonLink>
                    )}
                </div>
            </FormBox>
        </Frame>
    );
}

/** What is wrong with the page as a whole: the connection, or what no field is about. */
export function Problems() {
    const t = useT();
    const { problem, connection } = useStore(useServices().wizard);
    if (connection === "lost") return <Banner tone="warning">{t("problem.lost")}</Banner>;
    if (connection === "back") return <Banner tone="info">{t("problem.back")}</Banner>;
    if (problem?.field !== null) return null;
    return <Banner tone="danger">{causeWords(t, problem.cause)}</Banner>;
}
