/** What settings and their choices are called. */
import { type T } from "../../app/context";
import { known } from "../../app/problems";

/** A setting that has no words yet goes by its name in the settings file. */
export const settingName = (t: T, key: string): string => known(t, "setting", key) ?? key;
export const settingText = (t: T, key: string): string | null => known(t, "settingText", key);
export const sectionName = (t: T, section: string): string => known(t, "section", section) ?? section;
export const choiceName = (t: T, key: string, choice: string): string => known(t, `choice.${key}`, choice) ?? choice;
