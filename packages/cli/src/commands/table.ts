/** The commands in the order of the help. */
import type { Command } from "../command.ts";
import { aggregateKeys, aggregateSignatures } from "./aggregate.ts";
import { bench } from "./bench.ts";
import { decrypt, encrypt, reencrypt } from "./cipher.ts";
import { derive } from "./derive.ts";
import { derivePath } from "./derive-path.ts";
import { digest } from "./digest.ts";
import { doctor } from "./doctor.ts";
import { decapsulate, encapsulate } from "./kem.ts";
import { keyExport } from "./key-export.ts";
import { keyGen, keyPair } from "./key-gen.ts";
import { keyImport } from "./key-import.ts";
import { keyInfo, keySet } from "./key-info.ts";
import { login, logout } from "./login.ts";
import { mechInfo, mechList } from "./mech.ts";
import { random } from "./random.ts";
import { rewrap } from "./rewrap.ts";
import { sign, verify } from "./sign.ts";
import { unwrap, wrap } from "./wrap.ts";

export const COMMANDS: readonly Command[] = [
  doctor,
  mechList,
  mechInfo,
  random,
  digest,
  keyGen,
  keyPair,
  keyImport,
  keyExport,
  keyInfo,
  keySet,
  encrypt,
  decrypt,
  reencrypt,
  sign,
  verify,
  wrap,
  unwrap,
  derive,
  derivePath,
  encapsulate,
  decapsulate,
  aggregateSignatures,
  aggregateKeys,
  rewrap,
  login,
  logout,
  bench,
];
