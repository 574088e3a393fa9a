import { dhPublicValueOf, publicPointOf, template } from "@grep11/client";
import { uncompressedPoint } from "@grep11/client/node";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { describeKey, publicHalf, readKey, readPublicKey, writeKey } from "../keys/key-file.ts";
import { reportKey } from "../keys/key-report.ts";
import { NEW_SECRET_KEY, parseKeySpec, requireBytes, rightsTemplate } from "../keys/key-spec.ts";
import { KEY_TYPES } from "../keys/key-types.ts";
import { curveOfKey, defaultDerivation, ecdsaHalfLength } from "../mechanisms/default-mechanism.ts";
import { chooseMechanism } from "../mechanisms/mechanism-syntax.ts";
import { KEY_OUT, MECHANISM, RIGHTS } from "../terminal/flags.ts";

export const derive = defineCommand({
  name: "derive",
  summary: "derive a secret key by key agreement with a peer, or from another secret",
  details: [
    "By default EC keys use CKM_ECDH1_DERIVE, X25519 and X448 keys their own mechanisms, DH keys CKM_DH_PKCS_DERIVE, all with the public key of --peer; secret keys are hashed with CKM_SHA256_KEY_DERIVATION. The base key needs the right to derive.",
    "Without a key derivation function (kdf=sha256) the shared secret itself becomes the key.",
  ],
  flags: {
    key: { kind: "text", value: "FILE", help: "base key", required: true },
    peer: { kind: "text", value: "FILE", help: "public key of the peer: key file, public key or certificate" },
    ...NEW_SECRET_KEY,
    ...KEY_OUT,
    ...RIGHTS,
    ...MECHANISM,
    ...JSON_OUTPUT,
  },
  examples: [
    "grep11 derive --key mine.key --peer theirs.pem --out shared.key",
    "grep11 derive --key mine.key --peer theirs.pem --mech ECDH1_DERIVE:kdf=sha256 --out shared.key",
  ],
  async run({ hsm, options, io, flags }) {
    const base = await readKey(io, flags.key);
    const chosen = chooseMechanism(flags, () => defaultDerivation(base));
    const named = flags.peer === undefined ? chosen : withPeer(chosen, publicHalf(await readPublicKey(io, flags.peer)));
    const mech = withUncompressedPoint(named, curveOfKey(base));
    requirePeer(mech);
    const spec = parseKeySpec(flags.type);
    const { keyType, publicRights } = KEY_TYPES[spec.type];
    if (publicRights !== undefined) throw new UsageError("derive makes only secret keys: aes:BITS, des3, generic:BITS");
    const keyTemplate = new Map([
      ...template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: keyType }),
      ...(spec.bits === undefined ? [] : template({ CKA_VALUE_LEN: requireBytes(spec) })),
      ...rightsTemplate(spec, flags),
    ]);
    const { newKey, checkSum } = await hsm.deriveKey({ mech, baseKey: base.blob, template: keyTemplate }, options);
    const made = describeKey(newKey, { class: ck.CKO_SECRET_KEY, keyType, mechanism: mech.mechanism, checkSum });
    await writeKey(io, flags.out, made, flags);
    await reportKey(io, flags, made);
  },
});

function withPeer(mech: ck.Mechanism, peer: Uint8Array): ck.Mechanism {
  if (mech.mechanism === ck.CKM_DH_PKCS_DERIVE) return { ...mech, parameter: dhPublicValueOf(peer) };
  if (
    mech.parameter === undefined ||
    mech.parameter instanceof Uint8Array ||
    mech.parameter.type !== "ECDH1DeriveParm"
  ) {
    throw new UsageError("--peer is for key agreement");
  }
  return { ...mech, parameter: { ...mech.parameter, publicData: publicPointOf(peer) } };
}

/**
 * Uncompresses a point given in --mech, because EP11 accepts only uncompressed points. The point must be on the curve of the base
 * key.
 */
function withUncompressedPoint(mech: ck.Mechanism, curve: ck.CurveName | undefined): ck.Mechanism {
  const { parameter } = mech;
  if (parameter === undefined || parameter instanceof Uint8Array || parameter.type !== "ECDH1DeriveParm") return mech;
  if (curve === undefined || ecdsaHalfLength(curve) === undefined) return mech;
  return { ...mech, parameter: { ...parameter, publicData: uncompressedPoint(parameter.publicData, curve) } };
}

function requirePeer({ mechanism, parameter }: ck.Mechanism): void {
  const agreement =
    parameter !== undefined && !(parameter instanceof Uint8Array) && parameter.type === "ECDH1DeriveParm";
  if (agreement ? parameter.publicData.length === 0 : mechanism === ck.CKM_DH_PKCS_DERIVE && parameter === undefined) {
    throw new UsageError("key agreement needs the public key of the --peer");
  }
}
