/** What a call does in words of IBM's access policies: 17 actions `hs-crypto.crypto.*`, each for a family of RPCs. */
import type { Ep11Method } from "@grep11/proto";
import type { Principal } from "../options.ts";

/** The actions of IBM's policies without their prefix, and three of our own: login, logout, reencrypt. */
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

/** The action of every method; Init, Update, Final and Single are one. */
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
const MAKERS: ReadonlySet<string> = new Set(["Writer", "Manager"]);

/**
 * IBM's roles as an authoriser: Reader and ReaderPlus may do everything but make keys, Writer and Manager everything; a
 * principal with none of these roles, and an unknown caller, nothing.
 */
export function authoriseByRole(principal: Principal | undefined, action: Action): boolean {
  const needed = action === "generatekey" || action === "generatekeypair" ? MAKERS : ROLES;
  return principal?.roles?.some((role) => needed.has(role)) ?? false;
}
