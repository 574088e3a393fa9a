/** The actions of calls. IBM's access policies name 17 of them, `hs-crypto.crypto.*`, each for several RPCs. */
import type * as ck from "@grep11/cryptoki";
import type { Ep11Method } from "@grep11/proto";

/** The actions of IBM's policies without their prefix, and three more: "login", "logout" and "reencrypt". */
export type Action =
  | "decrypt"
  | "derivekey"
  | "digest"
  | "digestkey"
  | "encrypt"
  | "generatekey"
  | "generatekeypair"
  | "generaterandom"
  | "getattributevalue"
  | "getmechanisminfo"
  | "getmechanismlist"
  | "login"
  | "logout"
  | "reencrypt"
  | "rewrapkeyblob"
  | "setattributevalue"
  | "sign"
  | "unwrapkey"
  | "verify"
  | "wrapkey";

/** The action of every method. Init, Update, Final and Single of an operation have the same action. */
export const ACTIONS = {
  generateRandom: "generaterandom",
  digestInit: "digest",
  digest: "digest",
  digestUpdate: "digest",
  digestKey: "digestkey",
  digestFinal: "digest",
  digestSingle: "digest",
  encryptInit: "encrypt",
  decryptInit: "decrypt",
  encryptUpdate: "encrypt",
  decryptUpdate: "decrypt",
  encrypt: "encrypt",
  decrypt: "decrypt",
  encryptFinal: "encrypt",
  decryptFinal: "decrypt",
  encryptSingle: "encrypt",
  decryptSingle: "decrypt",
  signInit: "sign",
  verifyInit: "verify",
  signUpdate: "sign",
  verifyUpdate: "verify",
  signFinal: "sign",
  verifyFinal: "verify",
  sign: "sign",
  verify: "verify",
  signSingle: "sign",
  verifySingle: "verify",
  reencryptSingle: "reencrypt",
  generateKey: "generatekey",
  generateKeyPair: "generatekeypair",
  wrapKey: "wrapkey",
  unwrapKey: "unwrapkey",
  deriveKey: "derivekey",
  getMechanismList: "getmechanismlist",
  getMechanismInfo: "getmechanisminfo",
  getAttributeValue: "getattributevalue",
  setAttributeValue: "setattributevalue",
  login: "login",
  logout: "logout",
  rewrapKeyBlob: "rewrapkeyblob",
} as const satisfies Record<Ep11Method, Action>;

const ROLES: ReadonlySet<string> = new Set(["Reader", "ReaderPlus", "Writer", "Manager"]);
const GENERATORS: ReadonlySet<string> = new Set(["Writer", "Manager"]);

/**
 * An authoriser for IBM's roles. Reader and ReaderPlus may do everything except generate keys. Writer and Manager may
 * do everything. Other principals and unauthenticated callers may not do anything.
 */
export function authoriseByRole(principal: ck.Principal | undefined, action: string): boolean {
  const needed = action === "generatekey" || action === "generatekeypair" ? GENERATORS : ROLES;
  return principal?.roles?.some((role) => needed.has(role)) ?? false;
}
