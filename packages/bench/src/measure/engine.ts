/**
 * Measures the engine without a server: signatures of digests (target P3), single calls (P4, P11), and multi-part
 * operations (P13).
 */
import type * as ck from "@grep11/cryptoki";
import type { MultiPartName } from "../multi-part.ts";
import type { Plan } from "../plan.ts";
import type { SigningKey } from "../programs/in-process.ts";
import type { EngineCosts, MultiPartRow, SigningRow } from "../results.ts";
import { inTurn, repeat } from "../rounds.ts";
import type { Testbed } from "../testbed.ts";

const CURVES: readonly ck.CurveName[] = [
  "P-256",
  "P-384",
  "P-521",
  "brainpoolP256r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
  "secp256k1",
];
const MULTI_PART: Readonly<Record<MultiPartName, string>> = {
  encrypt: "Encrypt AES-256-CBC, 1 KiB",
  digest: "Digest SHA-256, 1 KiB",
  hmac: "Sign HMAC-SHA-256, 1 KiB",
  ecdsa: "Sign ECDSA P-256 SHA-256, 1 KiB",
};

/** Measures signing and verifying on every curve of target P3, and signing with RSA keys. */
export async function measureSigning({ inProcess }: Testbed, plan: Plan): Promise<SigningRow[]> {
  const operations: { key: SigningKey; operation: "sign" | "verify" }[] = [
    ...CURVES.flatMap((key) => (["sign", "verify"] as const).map((operation) => ({ key, operation }))),
    { key: 2048, operation: "sign" },
    { key: 3072, operation: "sign" },
  ];
  const rows: SigningRow[] = [];
  for (const { key, operation } of operations) {
    let library: SigningRow["library"] = "OpenSSL";
    const spreads = await repeat(plan.rounds, async () => {
      const argument = { key, verify: operation === "verify", seconds: plan.sliceSeconds };
      const { engineUs, yardstickUs, library: used } = await inProcess.invoke("signing", argument);
      library = used;
      return { engine: engineUs, yardstick: yardstickUs };
    });
    rows.push({ key: typeof key === "number" ? `RSA-${key}` : key, operation, library, ...spreads });
  }
  return rows;
}

/** Measures single calls and multi-part operations. */
export async function measureEngine({ inProcess }: Testbed, plan: Plan): Promise<EngineCosts> {
  const seconds = plan.sliceSeconds;
  const costs = await repeat(plan.rounds, () => inProcess.invoke("engine", { seconds }));
  const names = Object.keys(MULTI_PART) as MultiPartName[];
  const rows = await inTurn(plan.rounds, names, (name) => inProcess.invoke("multiPart", { name, seconds }));
  const multiPart = names.map((name, index): MultiPartRow => ({ title: MULTI_PART[name], ...rows[index]! }));
  return { ...costs, multiPart };
}
