/** Runs the cases of a file on an HSM and lists those with an unexpected result. */
import * as ck from "@grep11/cryptoki";
import { EXCLUDED_WYCHEPROOF } from "../known-answers/excluded-vectors.ts";
import type { Hsm } from "../support/hsm.ts";
import type { CaseRunner } from "./driver.ts";
import { DRIVERS } from "./drivers.ts";
import type { Case, VectorFile } from "./vectors.ts";

/** A case for which the result of the HSM is not the one that Wycheproof expects. */
interface Disagreement {
  readonly tcId: number;
  readonly comment: string;
  readonly expected: Case["result"];
  readonly verdict: string;
}

/** The result of running a file. */
export interface Outcome {
  readonly cases: number;
  readonly disagreements: readonly Disagreement[];
}

/** How many cases run at the same time. */
const CONCURRENCY = 8;

/** Return values that mean that the HSM is broken or overloaded, and have nothing to do with the case. */
const BROKEN: ReadonlySet<number> = new Set([
  ck.CKR_GENERAL_ERROR,
  ck.CKR_FUNCTION_FAILED,
  ck.CKR_DEVICE_ERROR,
  ck.CKR_DEVICE_REMOVED,
  ck.CKR_IBM_REQ_TIMEOUT,
  ck.CKR_IBM_TRANSPORT_ERROR,
]);

/** Returns whether a case of the file `name` is excluded. */
function isExcluded(name: string, test: Case): boolean {
  return EXCLUDED_WYCHEPROOF.some(({ file, cases }) => name === `${file}.json` && cases(test));
}

/** Runs every case of `file` that is not excluded. */
export async function runFile(hsm: Hsm, file: VectorFile): Promise<Outcome> {
  const disagreements: Disagreement[] = [];
  let cases = 0;
  for (const group of file.testGroups) {
    const waiting = group.tests.filter((test) => !isExcluded(file.name, test));
    if (waiting.length === 0) continue;
    const runCase = await DRIVERS[group.type]!(hsm, group, file);
    const worker = async () => {
      for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
        cases += 1;
        const verdict = await verdictOf(runCase, test);
        if (!agrees(test.result, verdict)) disagreements.push(describe(test, verdict));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }
  disagreements.sort((a, b) => a.tcId - b.tcId);
  return { cases, disagreements };
}

function describe({ tcId, comment = "", result }: Case, verdict: string): Disagreement {
  return { tcId, comment, expected: result, verdict };
}

function agrees(expected: Case["result"], verdict: string): boolean {
  return expected === "acceptable" ? verdict === "valid" || verdict === "invalid" : verdict === expected;
}

/** Returns "valid", "invalid", or what went wrong. */
async function verdictOf(runCase: CaseRunner, test: Case): Promise<string> {
  try {
    if (await runCase(test)) return "valid";
    return test.result === "valid" ? "another result" : "invalid";
  } catch (error) {
    return error instanceof ck.CkError && !BROKEN.has(error.rv) ? "invalid" : String(error);
  }
}
