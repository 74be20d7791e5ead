/** Why a directory gave no answer, or lets somebody not in: in words, with what to do. */
import type { T } from "../../app/context";
import { known } from "../../app/problems";

/** The sentence for a cause; one without words is told by its name. */
export const causeText = (t: T, cause: string): string => known(t, "cause", cause) ?? cause;

/** Why somebody was locked. */
export const whyText = (t: T, why: string): string => known(t, "barred", why) ?? why;
