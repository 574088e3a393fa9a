import { ecdsaFromDer, ecdsaToDer, signParts, verifyParts } from "@grep11/client";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { openSource, readBytes } from "../files/files.ts";
import { type KeyFile, publicHalf, readKey, readPublicKey } from "../keys/key-file.ts";
import { curveOfKey, defaultSignature, ecdsaHalfLength } from "../mechanisms/default-mechanism.ts";
import { chooseMechanism } from "../mechanisms/mechanism-syntax.ts";
import { IN, MECHANISM, OUT } from "../terminal/flags.ts";
import { printJson, printLine, writeData } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";

const DEFAULTS =
  "By default EC keys use ECDSA with the SHA-2 hash of their size (P-256: CKM_ECDSA_SHA256), Ed25519 and Ed448 their own mechanisms, BLS keys CKM_IBM_ECDSA_OTHER, post-quantum keys the mechanism of their type (all these take data up to 1 MiB), RSA keys CKM_SHA256_RSA_PKCS_PSS with a salt as long as the hash, DSA keys CKM_DSA_SHA1, secret keys CKM_SHA256_HMAC.";

const DER = {
  der: { kind: "switch", help: "ECDSA signature in DER instead of raw r and s" },
} as const;

export const sign = defineCommand({
  name: "sign",
  summary: "sign data of any size, or compute its MAC",
  details: [DEFAULTS],
  flags: {
    key: { kind: "text", value: "FILE", help: "key pair or secret key", required: true },
    ...IN,
    ...OUT,
    ...MECHANISM,
    ...DER,
  },
  examples: [
    "grep11 sign --key release.key --in release.tar --out release.sig",
    "grep11 sign --key api.key --encoding hex < request.json",
  ],
  async run({ hsm, options, io, flags }) {
    const file = await readKey(io, flags.key);
    const mech = chooseMechanism(flags, () => defaultSignature(file));
    const { data, size } = await openSource(io, flags.in);
    const signature = await signParts(hsm, { mech, key: file.blob }, withProgress(io, data, size), options);
    const result = flags.der ? ecdsaToDer(signature) : signature;
    await writeData(io, flags, result, { name: "signature", details: { mechanism: ck.ckmName(mech.mechanism) } });
  },
});

export const verify = defineCommand({
  name: "verify",
  summary: "check a signature or MAC",
  details: [DEFAULTS, "The exit code is 0 for a valid signature and 4 for an invalid one."],
  flags: {
    key: { kind: "text", value: "FILE", help: "key pair, public key, certificate or secret key", required: true },
    signature: { kind: "text", value: "FILE", help: "file with the signature", required: true },
    ...IN,
    ...MECHANISM,
    ...DER,
    ...JSON_OUTPUT,
  },
  examples: ["grep11 verify --key release.key --signature release.sig --in release.tar"],
  async run({ hsm, options, io, flags }) {
    const file = await readPublicKey(io, flags.key);
    const mech = chooseMechanism(flags, () => defaultSignature(file));
    const given = await readBytes(io, flags.signature);
    const { data, size } = await openSource(io, flags.in);
    try {
      const signature = flags.der ? rawSignature(file, given) : given;
      const key = publicHalf(file);
      await verifyParts(hsm, { mech, key }, withProgress(io, data, size), signature, options);
    } catch (error) {
      if (flags.json && isInvalidSignature(error))
        await printJson(io, { valid: false, mechanism: ck.ckmName(mech.mechanism) });
      throw error;
    }
    if (flags.json) return printJson(io, { valid: true, mechanism: ck.ckmName(mech.mechanism) });
    await printLine(io, "the signature is valid");
  },
});

function rawSignature(key: KeyFile, der: Uint8Array): Uint8Array {
  const curve = curveOfKey(key);
  const size = curve === undefined ? undefined : ecdsaHalfLength(curve);
  if (size === undefined) throw new UsageError("--der needs an ECDSA key file with its curve");
  try {
    return ecdsaFromDer(der, size);
  } catch (error) {
    if (error instanceof ck.CkError && error.rv === ck.CKR_ARGUMENTS_BAD) throw ck.CkError.signatureInvalid();
    throw error;
  }
}

function isInvalidSignature(error: unknown): boolean {
  return (
    error instanceof ck.CkError && (error.rv === ck.CKR_SIGNATURE_INVALID || error.rv === ck.CKR_SIGNATURE_LEN_RANGE)
  );
}
