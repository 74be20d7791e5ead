/** What the wizard and the server say to each other, under names of ours; `schema.ts` comes from the server itself. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type CertificateAnswer = Schemas["CertificateAnswer"];
export type EncryptionName = Schemas["EncryptionPolicy"];
export type LanguageName = Schemas["Language"];
export type NameReport = Schemas["NameReport"];
export type NameVerdict = Schemas["NameVerdict"];
export type OwnerAnswer = Schemas["OwnerAnswer"];
export type PasskeyOffer = Schemas["PasskeyOffer"];
export type Reachability = Schemas["Reachability"];
export type ReachabilityLine = Schemas["ReachabilityLine"];
export type ReachabilityState = Schemas["ReachabilityState"];
export type RegistrationMode = Schemas["SetupRegistrationMode"];
export type SecondFactorOffer = Schemas["SecondFactorOffer"];
export type SetupCertificate = Schemas["SetupCertificate"];
export type SetupFinished = Schemas["SetupFinished"];
export type SetupSession = Schemas["SetupSession"];
export type SetupState = Schemas["SetupState"];
export type StepName = Schemas["SetupStep"];
