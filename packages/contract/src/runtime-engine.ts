/**
 * A program that tests the engine on any version of Node. It uses every function of every listed mechanism once. Its arguments,
 * in base64, are a keyring file sealed with {@link PASSPHRASE} and a key blob for AES-ECB. It prints its results as JSON. A
 * failure makes it end with an error.
 */
import * as ck from "@grep11/cryptoki";
import { createEngine, cryptoBackend, parseDerivation, parseKeyring, UnsealKey } from "@grep11/engine";
import { exercise } from "./exercise.ts";
import { mechanismOf } from "./expectations/expectation.ts";
import { EXPECTATIONS } from "./expectations/mechanisms.ts";
import { KeyFixtures } from "./key-fixtures.ts";

/** The output of the program. */
export interface EngineOnRuntime {
  /** The version of Node, such as "v24.21.0". */
  readonly node: string;
  readonly backend: string;
  /** Names of the mechanisms that were used. */
  readonly used: readonly string[];
  /** Names of the mechanisms that this version of Node does not support. */
  readonly absent: readonly string[];
  /** Names of mechanisms of which this version of Node supports only some functions. These mechanisms are not used. */
  readonly reduced: readonly string[];
  /** A block of zeros, encrypted with the key blob, in base64. */
  readonly ciphered: string;
}

/** The passphrase that opens the keyring file. */
export const PASSPHRASE: Uint8Array = new TextEncoder().encode("a passphrase of tests");

const [keyringFile, key] = process.argv.slice(2).map((text) => new Uint8Array(Buffer.from(text, "base64")));
const unsealKey = await UnsealKey.derive({ kind: "passphrase", bytes: PASSPHRASE }, parseDerivation(keyringFile!));
const engine = createEngine({ keyring: parseKeyring(keyringFile!, unsealKey) });
const keys = new KeyFixtures(engine);
const { mechs } = await engine.getMechanismList({});
const used: string[] = [];
const absent: string[] = [];
const reduced: string[] = [];
for (const row of EXPECTATIONS.filter(({ offByDefault, listed }) => listed && !offByDefault)) {
  const name = ck.ckmName(row.mechanism);
  if (mechs.includes(row.mechanism)) {
    const { flags } = (await engine.getMechanismInfo({ mech: row.mechanism })).mechInfo;
    if ((row.flags & ~flags) === 0) {
      await exercise(engine, keys, row);
      used.push(name);
    } else reduced.push(name);
  } else {
    const mech = mechanismOf(row);
    const templates = { pubKeyTemplate: new Map(), privKeyTemplate: new Map() };
    await requireRefusal(engine.getMechanismInfo({ mech: row.mechanism }), ck.CKR_MECHANISM_INVALID);
    await requireRefusal(engine.generateKeyPair({ mech, ...templates }), ck.CKR_MECHANISM_INVALID);
    absent.push(name);
  }
}
if (absent.length > 0) {
  // The wrapped bytes do not matter, because a key of an unsupported type is refused before they are read.
  const template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_IBM_ML_DSA]]);
  const { privateKey: kek } = await keys.key("AES-256");
  const mech = { mechanism: ck.CKM_AES_KEY_WRAP };
  const wrapped = new Uint8Array(64);
  await requireRefusal(engine.unwrapKey({ mech, kek, wrapped, template }), ck.CKR_ATTRIBUTE_VALUE_INVALID);
}
const ecb = await engine.encryptSingle({ mech: { mechanism: ck.CKM_AES_ECB }, key: key!, plain: new Uint8Array(16) });
await engine.close();
const ciphered = Buffer.from(ecb.ciphered).toString("base64");
const found: EngineOnRuntime = { node: process.version, backend: cryptoBackend(), used, absent, reduced, ciphered };
process.stdout.write(JSON.stringify(found));

/** Throws unless `call` fails with the return value `rv`. */
async function requireRefusal(call: Promise<unknown>, rv: number): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ck.CkError) || error.rv !== rv) {
    throw new Error("an unsupported mechanism is not refused with the expected error", { cause: error });
  }
}
