import { deriveKeyPath, type KeyPathRequest } from "@grep11/client";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { type KeyFile, publicHalf, readKey } from "../keys/key-file.ts";
import { saveKey } from "../keys/key-report.ts";
import { type KeySpec, parseCurve, publicRightsTemplate, rightsTemplate } from "../keys/key-spec.ts";
import { curveOfKey } from "../mechanisms/default-mechanism.ts";
import { KEY_OUT, RIGHTS } from "../terminal/flags.ts";

const SCHEMES: Readonly<Record<string, KeyPathRequest["scheme"]>> = {
  bip32: "BIP32",
  slip10: "SLIP-0010",
  eip2333: "EIP-2333",
};

export const derivePath = defineCommand({
  name: "derive path",
  summary: "derive a hierarchical key by its path: BIP 32, SLIP-0010, EIP-2333",
  details: [
    "A path from m begins at a seed, a generic secret with the right to derive (`key import --type generic --usage derive`, 16 to 64 bytes). A path without m continues from a key that this command derived, whose file has the chain code. Hardened children are marked by ' or h, except in EIP-2333.",
    "The new key can sign and derive. With --public only the public key is derived, which can have children, but no hardened ones. An extractable key (--extractable) needs an extractable seed.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "seed, or a derived key", required: true },
    path: { kind: "text", value: "PATH", help: "such as m/44'/0'/0'/0/1", required: true },
    scheme: { kind: "choice", choices: Object.keys(SCHEMES), help: "derivation scheme", default: "bip32" },
    curve: { kind: "text", value: "CURVE", help: "curve of a path from m with slip10: secp256k1, P-256 or Ed25519" },
    public: { kind: "switch", help: "derive only the public key" },
    ...KEY_OUT,
    ...RIGHTS,
    ...JSON_OUTPUT,
  },
  examples: [
    "grep11 derive path --key seed.key --path m/44h/60h/0h/0/0 --out account.key",
    "grep11 derive path --key seed.key --scheme slip10 --curve Ed25519 --path m/44h/1729h --out tezos.key",
  ],
  async run({ hsm, options, io, flags }) {
    const base = await readKey(io, flags.key);
    const scheme = SCHEMES[flags.scheme]!;
    const fromPublic = base.class === ck.CKO_PUBLIC_KEY;
    const toPublic = flags.public || fromPublic;
    const curve = curveFor(scheme, base, flags.curve);
    const spec: KeySpec = { type: "ec", curve };
    const usage = flags.usage ?? "sign,verify,derive";
    const publicTemplate = publicRightsTemplate(spec, { usage });
    const request: KeyPathRequest = {
      scheme,
      path: flags.path,
      base: fromPublic ? publicHalf(base) : base.blob,
      curve,
      fromPublic,
      toPublic,
      template: toPublic ? publicTemplate : rightsTemplate(spec, { ...flags, usage }),
      publicTemplate,
      ...(base.class === ck.CKO_SECRET_KEY || base.checkSum === undefined ? {} : { chainCode: base.checkSum }),
    };
    requireFit(base, request);
    const { key, chainCode, publicKey } = await deriveKeyPath(hsm, request, options).catch(rethrow);
    await saveKey(io, flags, key, {
      class: toPublic ? ck.CKO_PUBLIC_KEY : ck.CKO_PRIVATE_KEY,
      keyType: ck.CKK_EC,
      mechanism: scheme === "EIP-2333" ? ck.CKM_IBM_ETH_DERIVE : ck.CKM_IBM_BTC_DERIVE,
      checkSum: chainCode,
      ...(publicKey === undefined ? {} : { pub: ck.sealedBytes(publicKey) }),
    });
  },
});

/** Returns the curve of the new key, which its scheme or its parent determines. Errors: UsageError if `name` is another curve. */
function curveFor(scheme: KeyPathRequest["scheme"], base: KeyFile, name: string | undefined): ck.CurveName {
  const own = curveOfKey(base);
  const fixed = scheme === "EIP-2333" ? "BLS12-381" : scheme === "BIP32" ? "secp256k1" : own;
  const curve = name === undefined ? (fixed ?? "secp256k1") : parseCurve(name);
  if (fixed !== undefined && curve !== fixed) throw new UsageError(`the keys of this hierarchy are on ${fixed}`);
  return curve;
}

function requireFit(base: KeyFile, { path, scheme, chainCode }: KeyPathRequest): void {
  const isSeed = base.class === ck.CKO_SECRET_KEY;
  const fromSeed = path === "m" || path.startsWith("m/");
  if (isSeed !== fromSeed) {
    throw new UsageError(isSeed ? "a path from a seed begins at m" : "a path from m begins at a seed, a secret key");
  }
  if (!fromSeed && scheme !== "EIP-2333" && chainCode?.length !== 32) {
    throw new UsageError("the key file has no chain code: only keys made by derive path have children");
  }
}

/** Throws `error`, or a UsageError in its place if the path is invalid. */
function rethrow(error: unknown): never {
  if (error instanceof ck.CkError && error.rv === ck.CKR_ARGUMENTS_BAD)
    throw new UsageError(error.detail, { cause: error });
  throw error;
}
