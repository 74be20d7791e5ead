//! What the page needs before somebody is signed in. It must stay small: the SDK is only behind `@veche/protocol/engine`.

export { Problem, problemOf, type ProblemCode } from "./base/problem";
export { Cell, Store } from "./base/store";
export { plainText } from "./content/body";
export type { ListSnapshot, Me } from "./rooms/list_snapshot";
export { Homeserver, type PasskeyProof, type RegistrationMode } from "./session/homeserver";
export { lookNowAndAgain } from "./session/look_around";
export { Door } from "./meetings/door";
export { Visit, type VisitEnd, type VisitState } from "./meetings/visit";
export { type Profile, Profiles } from "./session/profiles";
export {
    SessionStore,
    type Ended,
    type LoadingStep,
    type Missing,
    type ProfileList,
    type SessionState,
    type SignedOutReason,
} from "./session/session_store";
export { isPasskeyProof, makePasskey, passkeysWorkHere } from "./session/passkeys";
export { TabLeader } from "./session/tab_leader";
export { withCode } from "./session/with_code";
export { SettingsStore, UNTIL_SWITCHED_OFF, type Settings } from "./settings/settings_store";
