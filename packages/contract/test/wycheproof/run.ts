/** Puts a file of cases to an HSM and lists where the two disagree. */
import * as ck from "@grep11/cryptoki";
import { EXCLUDED_WYCHEPROOF } from "../known-answers/excluded-vectors.ts";
import type { Hsm } from "../support/hsm.ts";
import type { Examiner } from "./driver.ts";
import { DRIVERS } from "./drivers.ts";
import type { Case, VectorFile } from "./vectors.ts";

/** A case that the HSM sees otherwise than Wycheproof. */
export interface Disagreement {
  readonly tcId: number;
  readonly comment: string;
  readonly expected: Case["result"];
  readonly answer: string;
}

/** What came of a file. */
export interface Outcome {
  readonly cases: number;
  readonly disagreements: readonly Disagreement[];
}

/** Calls in flight at a time. */
const LANES = 8;

/** Failures that say nothing about a case: the HSM is broken or overloaded. */
const BROKEN: ReadonlySet<number> = new Set([
  ck.CKR_GENERAL_ERROR,
  ck.CKR_FUNCTION_FAILED,
  ck.CKR_DEVICE_ERROR,
  ck.CKR_DEVICE_REMOVED,
  ck.CKR_IBM_REQ_TIMEOUT,
  ck.CKR_IBM_TRANSPORT_ERROR,
]);

/** Whether a case of the file `name` cannot be put to an HSM. */
function isExcluded(name: string, test: Case): boolean {
  return EXCLUDED_WYCHEPROOF.some(({ file, cases }) => name === `${file}.json` && cases(test));
}

/** Puts every case of `file` to `hsm` that is not left out. */
export async function runFile(hsm: Hsm, file: VectorFile): Promise<Outcome> {
  const disagreements: Disagreement[] = [];
  let cases = 0;
  for (const group of file.testGroups) {
    const waiting = group.tests.filter((test) => !isExcluded(file.name, test));
    if (waiting.length === 0) continue;
    const examine = await DRIVERS[group.type]!(hsm, group, file);
    const lane = async () => {
      for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
        cases += 1;
        const answer = await verdict(examine, test);
        if (!agrees(test.result, answer)) disagreements.push(describe(test, answer));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
  disagreements.sort((a, b) => a.tcId - b.tcId);
  return { cases, disagreements };
}

function describe({ tcId, comment = "", result }: Case, answer: string): Disagreement {
  return { tcId, comment, expected: result, answer };
}

function agrees(expected: Case["result"], answer: string): boolean {
  return expected === "acceptable" ? answer === "valid" || answer === "invalid" : answer === expected;
}

/** "valid", "invalid", or what went wrong. */
async function verdict(examine: Examiner, test: Case): Promise<string> {
  try {
    if (await examine(test)) return "valid";
    return test.result === "valid" ? "another result" : "invalid";
  } catch (error) {
    return error instanceof ck.CkError && !BROKEN.has(error.rv) ? "invalid" : String(error);
  }
}
