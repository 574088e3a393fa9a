import { dhPublicValueOf, publicPointOf } from "@grep11/client";
import { uncompressedPoint } from "@grep11/client/node";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { defineCommand } from "../command.ts";
import { publicHalf, readKey, readPublicKey } from "../keys/key-file.ts";
import { saveKey } from "../keys/key-report.ts";
import { givenSize, keyTemplate, NEW_SECRET_KEY, parseKeySpec } from "../keys/key-spec.ts";
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
    const template = keyTemplate(ck.CKO_SECRET_KEY, spec, flags, givenSize(spec));
    const { newKey, checkSum } = await hsm.deriveKey({ mech, baseKey: base.blob, template }, options);
    await saveKey(io, flags, newKey, { class: ck.CKO_SECRET_KEY, keyType, mechanism: mech.mechanism, checkSum });
  },
});

function withPeer(mech: ck.Mechanism, peer: Uint8Array): ck.Mechanism {
  if (mech.mechanism === ck.CKM_DH_PKCS_DERIVE) return { ...mech, parameter: dhPublicValueOf(peer) };
  const agreement = agreementOf(mech);
  if (agreement === undefined) throw new UsageError("--peer is for key agreement");
  return { ...mech, parameter: { ...agreement, publicData: publicPointOf(peer) } };
}

/** Uncompresses the point in an ECDH parameter, as EP11 requires. The point is on the `curve` of the base key. */
function withUncompressedPoint(mech: ck.Mechanism, curve: ck.CurveName | undefined): ck.Mechanism {
  const agreement = agreementOf(mech);
  if (agreement === undefined || curve === undefined || ecdsaHalfLength(curve) === undefined) return mech;
  return { ...mech, parameter: { ...agreement, publicData: uncompressedPoint(agreement.publicData, curve) } };
}

function requirePeer(mech: ck.Mechanism): void {
  const isDh = mech.mechanism === ck.CKM_DH_PKCS_DERIVE && mech.parameter === undefined;
  if (isDh || agreementOf(mech)?.publicData.length === 0)
    throw new UsageError("key agreement needs the public key of the --peer");
}

/** Returns the parameter of `mech` if it is one for ECDH. */
function agreementOf({ parameter }: ck.Mechanism) {
  if (parameter === undefined || parameter instanceof Uint8Array) return undefined;
  return parameter.type === "ECDH1DeriveParm" ? parameter : undefined;
}
