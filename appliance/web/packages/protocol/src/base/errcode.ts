//! Reading the fields of a thrown Matrix error without importing the SDK.

/** Whether this is a Matrix error with the code. */
export function hasErrcode(thrown: unknown, errcode: string): boolean {
    return typeof thrown === "object" && thrown !== null && (thrown as { errcode?: unknown }).errcode === errcode;
}
