/** Judges a target by its conditions. Each condition compares a measurement with a limit. */
import { ratio } from "../report/numbers.ts";
import type { Sections } from "../results.ts";

/** One condition of a target. */
export interface Condition {
  /** Describes the condition with its numbers, for the table. */
  readonly text: string;
  /**
   * The measured value divided by the limit. The condition is met if this is at most 1. Undefined if nothing was
   * measured; `text` then gives the reason.
   */
  readonly share: number | undefined;
}

/** A target, and the section of the results that it needs. */
export interface Target<K extends keyof Sections = keyof Sections> {
  /** The number of the target, "P1" to "P14". */
  readonly id: string;
  /** Describes all conditions of the target in one sentence. */
  readonly target: string;
  readonly section: K;
  conditions(section: Sections[K]): readonly Condition[];
}

/** The verdict on one target. */
export interface Verdict {
  readonly id: string;
  readonly target: string;
  /** The texts of the conditions on which the verdict is based. */
  readonly found: string;
  /** The largest `share` of all conditions. It is at most 1 if the target is met. */
  readonly share: number | undefined;
  readonly verdict: "met" | "missed" | "not measured";
}

/** If a target has more conditions than this, only the missed ones and the one closest to its limit are listed. */
const MOST_LISTED = 6;

/** Returns a condition that is met if `value` is at most `limit`. */
export function atMost(text: string, value: number, limit: number): Condition {
  return { text, share: value / limit };
}

/** Returns a condition that is met if `value` is at least `limit`. */
export function atLeast(text: string, value: number, limit: number): Condition {
  return { text, share: limit / value };
}

/** Returns a condition for which nothing was measured. */
export function unmeasured(what: string, why: string): Condition {
  return { text: `${what} not measured: ${why}`, share: undefined };
}

/** Returns the verdict on a target. `section` is the part of the results that the target needs. */
export function judgeTarget<K extends keyof Sections>(
  { id, target, conditions }: Target<K>,
  section: Sections[K],
): Verdict {
  const found = conditions(section);
  const shares = found.map(({ share }) => share).filter((share) => share !== undefined);
  const worst = shares.length === 0 ? undefined : Math.max(...shares);
  const complete = shares.length === found.length;
  const verdict = worst !== undefined && worst > 1 ? "missed" : complete ? "met" : "not measured";
  return { id, target, found: summary(found), share: worst, verdict };
}

/** Returns the text of a verdict. If the target is missed, the text says by how much. */
export function verdictText({ verdict, share }: Verdict): string {
  return verdict === "missed" ? `missed: ${ratio(share!)} of the limit` : verdict;
}

function summary(conditions: readonly Condition[]): string {
  const text = (listed: readonly Condition[]) => listed.map((condition) => condition.text).join("; ");
  if (conditions.length <= MOST_LISTED) return text(conditions);
  const isListed = ({ share }: Condition) => share === undefined || share > 1;
  const [listed, met] = [conditions.filter(isListed), conditions.filter((condition) => !isListed(condition))];
  const worst = [...met].sort((a, b) => b.share! - a.share!)[0];
  if (worst === undefined) return text(listed);
  const rest = `${met.length} of ${conditions.length} are within the limit, the closest ${worst.text}`;
  return listed.length === 0 ? rest : `${text(listed)}; ${rest}`;
}
