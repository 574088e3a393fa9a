/** Groups the mechanisms of DeriveKey by their result. A mechanism that is not listed here derives a secret key. */
import * as ck from "@grep11/cryptoki";
import type { MechanismExpectation } from "../../src/index.ts";
import { having } from "./flow-checks.ts";

const KEM_MECHANISMS: readonly number[] = [ck.CKM_IBM_KYBER, ck.CKM_IBM_ML_KEM, ck.CKM_ML_KEM];
const PAIR_HALF_MECHANISMS: readonly number[] = [
  ck.CKM_IBM_BTC_DERIVE,
  ck.CKM_IBM_EC_AGGREGATE,
  ck.CKM_IBM_ETH_DERIVE,
  ck.CKM_PUB_KEY_FROM_PRIV_KEY,
];

type NamedRow = readonly [string, MechanismExpectation];
// Cards report CKF_DERIVE for CKM_GENERIC_SECRET_KEY_GEN, although this mechanism cannot derive keys.
const ROWS: readonly NamedRow[] = having(ck.CKF_DERIVE).filter(([name]) => name !== "CKM_GENERIC_SECRET_KEY_GEN");
const among = (mechanisms: readonly number[]) => ROWS.filter(([, row]) => mechanisms.includes(row.mechanism));

/** The mechanisms that encapsulate and decapsulate. */
export const KEMS: readonly NamedRow[] = among(KEM_MECHANISMS);
/** The mechanisms that derive one half of a key pair. */
export const PAIR_HALVES: readonly NamedRow[] = among(PAIR_HALF_MECHANISMS);
/** The mechanisms that derive secret keys, from secret keys or by key agreement. */
export const SECRETS: readonly NamedRow[] = ROWS.filter((row) => !KEMS.includes(row) && !PAIR_HALVES.includes(row));
