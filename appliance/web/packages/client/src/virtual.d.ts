declare module "virtual:emoji/*" {
    const emoji: readonly (readonly [shape: string, group: number, name: string, words: string])[];
    export default emoji;
}
