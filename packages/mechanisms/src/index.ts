/** Exports one definition for each mechanism: its number, title and standard, and the layout of its parameter. */
export type { VectorFile } from "./definition.ts";
export type { Text, TextKind } from "./layout/field.ts";
export type { Member, Parameter } from "./layout/parameter.ts";
export type { KdfName } from "./layout/shared.ts";
export type { Sp800Input, Sp800Parameter, Sp800Part, Sp800Prf } from "./layout/sp800.ts";
export * from "./mechanisms.ts";
export * from "./text.ts";
