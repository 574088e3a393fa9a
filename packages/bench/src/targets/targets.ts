/** The performance targets P1 to P14, and the function that decides from the results of a run whether they are met. */
import type { Results } from "../results.ts";
import { P3, P4, P6, P11, P13 } from "./engine.ts";
import { P5, P7, P9, P10 } from "./program.ts";
import { P1, P2, P8, P12, P14 } from "./transport.ts";
import { judgeTarget, type Target, type Verdict } from "./verdict.ts";

/** All targets in the order of their numbers. */
export const TARGETS: readonly Target[] = [P1, P2, P3, P4, P5, P6, P7, P8, ...P9, P10, P11, P12, P13, P14];

/** Returns the verdicts on all targets for which something was measured, in order. */
export function judge({ sections }: Results): Verdict[] {
  return TARGETS.flatMap((target) => {
    const section = sections[target.section];
    return section === undefined ? [] : [judgeTarget(target, section)];
  });
}
