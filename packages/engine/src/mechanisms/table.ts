/**
 * The mechanism table: one row per CKM, in the order of GetMechanismList. Mechanism lists, the checks of every call,
 * docs/MECHANISMS.md and many tests derive from it. For sizes and flags see docs/reference/ep11.md#mechanism-list.
 */
import * as ck from "@grep11/cryptoki";
import { DEFINITIONS } from "@grep11/mechanisms";
import * as families from "./families.ts";
import type { MechanismRow } from "./row.ts";

const ROWS: ReadonlyMap<number, MechanismRow> = new Map(
  Object.values(families).flatMap(({ rows }: { rows: readonly MechanismRow[] }) =>
    rows.map((row) => [row.mechanism, row] as const),
  ),
);

export const MECHANISM_TABLE: readonly MechanismRow[] = DEFINITIONS.map(({ mechanism }) => {
  const row = ROWS.get(mechanism);
  if (row === undefined) throw new Error(`no family has a row for ${ck.ckmName(mechanism)}`);
  return row;
});

/** Returns the row of `mechanism`, whatever the policy; undefined if the engine does not have the mechanism. */
export function findRow(mechanism: number): MechanismRow | undefined {
  return ROWS.get(mechanism);
}
