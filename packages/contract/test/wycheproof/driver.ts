/** The types of drivers, which run the cases of one Wycheproof schema on an HSM. */
import type { Hsm } from "../support/hsm.ts";
import type { Case, Group, VectorFile } from "./vectors.ts";

/** Runs a case and returns whether the HSM computes the expected result. Throws if the HSM refuses it. */
export type CaseRunner = (test: Case) => Promise<boolean>;

/** Prepares a group: imports what its cases share, and returns the function that runs a case. */
export type Driver = (hsm: Hsm, group: Group, file: VectorFile) => Promise<CaseRunner>;
