/**
 * Defines IBM's mechanisms for digital assets (hierarchical keys, Schnorr and BLS signatures) and for transport keys. Source:
 * ep11.h.
 */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { section } from "../definition.ts";
import { bytes, choice, computed, constant, Field, NOTHING, number, requireThat } from "../layout/field.ts";
import { none } from "../layout/parameter.ts";
import { structure } from "../layout/structure.ts";

const BTC_TYPES = {
  BIP32: {
    master: ck.CK_IBM_BTC_BIP0032_MASTERK,
    "private-to-private": ck.CK_IBM_BTC_BIP0032_PRV2PRV,
    "private-to-public": ck.CK_IBM_BTC_BIP0032_PRV2PUB,
    "public-to-public": ck.CK_IBM_BTC_BIP0032_PUB2PUB,
  },
  "SLIP-0010": {
    master: ck.CK_IBM_BTC_SLIP0010_MASTERK,
    "private-to-private": ck.CK_IBM_BTC_SLIP0010_PRV2PRV,
    "private-to-public": ck.CK_IBM_BTC_SLIP0010_PRV2PUB,
    "public-to-public": ck.CK_IBM_BTC_SLIP0010_PUB2PUB,
  },
} as const;

/** A standard of hierarchical keys. */
export type TreeStandard = keyof typeof BTC_TYPES;
/** One step in a tree of keys: from a seed to the master key, or from a key to its child. */
export type TreeStep = keyof (typeof BTC_TYPES)["BIP32"];

/** Child numbers from 2^31 on mean hardened children. */
const HARDENED = 0x80000000;

const STANDARDS = Object.keys(BTC_TYPES) as TreeStandard[];
const STEPS = Object.keys(BTC_TYPES.BIP32) as TreeStep[];
const BTC_CHOICES = STANDARDS.flatMap((standard) => STEPS.map((step) => ({ standard, step })));

/** An input that is one of `names`. Together with other inputs, it is encoded in one number. */
function inputChoice<N extends string>(names: readonly N[]) {
  return new Field<never, N>({ place: "input", text: { kind: "choice", names } });
}

/** The structure CK_IBM_BTC_DERIVE_PARAMS. */
const btc = structure(
  {
    standard: inputChoice(STANDARDS),
    step: inputChoice(STEPS),
    type: computed(
      "number",
      (raw) => BTC_CHOICES.find(({ standard, step }) => BTC_TYPES[standard][step] === raw),
      ({ standard, step }: { standard: TreeStandard; step: TreeStep }) => BTC_TYPES[standard][step],
    ).with({ form: "CK_IBM_BTC_BIP0032_* 1 to 4, CK_IBM_BTC_SLIP0010_* 5 to 8" }),
    index: number().optional(0).with({ label: "child number", form: "from 2^31 on hardened" }),
    chainCode: bytes().optional(NOTHING).with({ form: "32, none for master keys" }),
    version: constant(ck.CK_IBM_BTC_DERIVE_PARAMS_VERSION_1, "trailer"),
  },
  {
    message: {
      type: "BTCDeriveParm",
      members: { type: "deriveType", index: "childKeyIndex", chainCode: "chainCode", version: "version" },
    },
  },
).map(({ type, index, chainCode }) => {
  requireThat(type !== undefined, "the derivation type is unknown");
  const chainBytes = type.step === "master" ? 0 : ck.CK_IBM_BTC_CHAINCODE_LENGTH;
  requireThat(chainCode.length === chainBytes, `the chain code must have ${chainBytes} bytes`);
  requireThat(type.step !== "public-to-public" || index < HARDENED, "a public key has no hardened children");
  return { ...type, index, chainCode };
});

/** CK_IBM_ETH_DERIVE_PARAMS, for which GREP11 has no message. */
const eth = structure({
  step: choice({
    "private-to-private": ck.CK_IBM_ETH_EIP2333_PRV2PRV,
    "private-to-public": ck.CK_IBM_ETH_EIP2333_PRV2PUB,
    master: ck.CK_IBM_ETH_EIP2333_MASTERK,
  }).with({ label: "type" }),
  index: number().optional(0).with({ label: "child number" }),
  keyInfo: bytes(0, 32).optional(NOTHING),
  version: constant(ck.CK_IBM_ETH_DERIVE_PARAMS_VERSION_1),
  signatureVersion: constant(ck.CK_IBM_ETH_SIG_VERSION_4),
});

/** ECSGParm. As bytes, it consists only of the type, in 4 bytes. */
const ecsg = structure(
  { type: choice({ ecsdsa: ck.CKM_IBM_ECSDSA_RAND, zilliqa: ck.CKM_IBM_ECSDSA_COMPR_MULTI, bls: ck.CKM_IBM_BLS }) },
  { message: { type: "ECSGParm", members: { type: "ecsgType" } } },
);

/** The concatenation of elements of equal length. */
const elements = new Field<Uint8Array, readonly ck.KeyArgument[]>({
  place: "counted",
  form: `1 to ${ck.CK_IBM_BLS_MAX_AGGREGATIONS} of equal size`,
  read: (raw) => raw as Uint8Array,
  write(list) {
    const sealed = list.map(ck.sealedBytes);
    requireThat(
      sealed.every(({ length }) => length === sealed[0]!.length),
      "elements differ in length",
    );
    return concatenate(...sealed);
  },
});

/** The structure CK_IBM_ECAGG_PARAMS. */
const aggregate = structure(
  {
    version: constant(0),
    of: choice({ signatures: 1, "public-keys": 2 }).with({ label: "mode" }).withoutText(),
    size: computed("number", Number, (input: { elements: readonly ck.KeyArgument[] }) => {
      return ck.sealedBytes(input.elements[0]).length;
    }).with({
      label: "element size",
    }),
    elements,
  },
  {
    message: {
      type: "ECAGGParm",
      members: { version: "version", of: "mode", size: "perElementSize", elements: "elements" },
    },
  },
).map(({ of, size, elements }) => {
  const count = elements.length / size;
  requireThat(
    Number.isInteger(count) && count >= 1 && count <= ck.CK_IBM_BLS_MAX_AGGREGATIONS,
    `1 to ${ck.CK_IBM_BLS_MAX_AGGREGATIONS} elements of equal size are aggregated`,
  );
  const list: readonly Uint8Array[] = Array.from({ length: count }, (_, at) =>
    elements.subarray(at * size, (at + 1) * size),
  );
  return { of, elements: list };
});

export const DIGITAL_ASSET_SECTIONS = [
  section({
    title: "Schnorr and BLS signatures",
    standard:
      "ISO/IEC 14888-3 (EC-SDSA); Zilliqa's specification; draft-irtf-cfrg-bls-signature with Ethereum's suite of proofs of possession",
    vectors: ["ep11/ecsdsa.json", "ep11/zilliqa-schnorr.json", "ep11/bls12381.json", "wycheproof/bls_*"],
    remark:
      "Schnorr on curves of 256 bits, BLS on BLS12-381. VerifySingle takes up to 12 concatenated public keys of BLS, and verifies against their sum. BLS belongs to the suite with proofs of possession, or to the basic one where the engine's option `blsSuite` says so. The message itself is signed.",
    mechanisms: [[ck.CKM_IBM_ECDSA_OTHER, ecsg]],
  }),
  section({
    title: "BLS aggregation",
    standard: "draft-irtf-cfrg-bls-signature, 2.8",
    vectors: ["ep11/bls12381.json"],
    remark: "Takes no key. Elements are uncompressed signatures (SignSingle), or public key blobs (DeriveKey).",
    mechanisms: [[ck.CKM_IBM_EC_AGGREGATE, aggregate]],
  }),
  section({
    title: "Hierarchical keys: BIP 32 and SLIP-0010",
    standard: "BIP 32, SLIP-0010",
    vectors: ["ep11/bip32.json", "ep11/slip10.json"],
    remark:
      "BIP 32 on secp256k1; SLIP-0010 on secp256k1, P-256 and Ed25519. The chain code is the whole CheckSum of the response. A seed is a generic secret of 16 to 64 bytes.",
    mechanisms: [[ck.CKM_IBM_BTC_DERIVE, btc]],
  }),
  section({
    title: "Hierarchical keys: EIP-2333",
    standard: "EIP-2333",
    vectors: ["ep11/key-derivation.json", "ep11/bls12381.json"],
    remark: "A seed is a generic secret of 32 bytes or more; keys are on BLS12-381.",
    mechanisms: [[ck.CKM_IBM_ETH_DERIVE, eth]],
  }),
  section({
    title: "Attribute-bound key transport",
    standard: "this project's own format, [attribute-bound.md](attribute-bound.md): IBM's is not public",
    vectors: [],
    remark: "The key for the MAC is the field MacKey.",
    mechanisms: [[ck.CKM_IBM_ATTRIBUTEBOUND_WRAP, none]],
  }),
  section({
    title: "Import of public keys",
    standard: "EP11: SubjectPublicKeyInfo in, the same with its attributes and a MAC out",
    vectors: [],
    remark: "UnwrapKey without a KEK. Works, but GetMechanismList does not name it, as on the cards.",
    mechanisms: [[ck.CKM_IBM_TRANSPORTKEY, none]],
  }),
] as const;
