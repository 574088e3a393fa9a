import { template } from "@grep11/client";
import { JSON_OUTPUT, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { fromBigInt } from "@grep11/encoding";
import { defineCommand } from "../command.ts";
import { readBytes, writeFile } from "../files/files.ts";
import { PASSWORD } from "../files/secret-source.ts";
import { parseAttributeText } from "../keys/attributes.ts";
import { saveKey } from "../keys/key-report.ts";
import * as keySpec from "../keys/key-spec.ts";
import { KEY_TYPES } from "../keys/key-types.ts";
import { mechanismSuggestions } from "../mechanisms/mechanism-syntax.ts";
import { passwordMechanism } from "../mechanisms/password-mechanism.ts";
import { KEY_OUT, RIGHTS } from "../terminal/flags.ts";

export const keyGen = defineCommand({
  name: "key gen",
  summary: "generate a secret key",
  details: [
    "Types: aes:128, aes:192, aes:256, aes-xts:256, aes-xts:512, chacha20, des2, des3, generic:BITS. Cipher keys encrypt and decrypt, generic secrets sign and verify (HMAC), unless --usage says otherwise.",
    "With --mech or a password option the key is derived from a password instead: PKCS5_PBKD2 makes keys of all types, PBE_SHA1_DES3_EDE_CBC the des3 keys of PKCS #12. The password comes from a file, a file descriptor, an environment variable or the terminal, never from the command line. Without salt= the salt is random; the key file keeps the parameters that, with the password, make the same key again. Anyone who guesses the password has the key.",
  ],
  flags: {
    type: {
      kind: "text",
      value: "TYPE",
      help: "type and size in bits",
      default: "aes:256",
      suggestions: keySpec.SECRET_KEY_EXAMPLES,
    },
    ...KEY_OUT,
    ...RIGHTS,
    mech: {
      kind: "text",
      value: "NAME[:key=value,...]",
      help: "derive it from a password; by default with PKCS5_PBKD2",
      suggestions: mechanismSuggestions(true),
    },
    ...PASSWORD,
    ...JSON_OUTPUT,
  },
  examples: [
    "grep11 key gen --out data.key",
    "grep11 key gen --type aes:256 --usage wrap,unwrap --out kek.key",
    "grep11 key gen --password-file password.txt --out backup.key",
    "grep11 key gen --mech PKCS5_PBKD2:hash=sha512,iterations=210000,salt=00112233445566778899aabbccddeeff --out same.key",
  ],
  async run({ hsm, options, io, flags }) {
    const spec = keySpec.parseKeySpec(flags.type);
    const { keyType, generation, publicRights } = KEY_TYPES[spec.type];
    if (publicRights !== undefined) throw new UsageError(`${spec.type} keys come in pairs: use key pair`);
    const keyTemplate = keySpec.keyTemplate(ck.CKO_SECRET_KEY, spec, flags, keySpec.sizeTemplate(spec));
    const fromPassword = PASSWORD_FLAGS.some((name) => flags[name] !== undefined)
      ? await passwordMechanism(hsm, io, flags, keyType, options)
      : undefined;
    const mech = fromPassword?.mech ?? { mechanism: generation };
    const { key, checkSum } = await hsm
      .generateKey({ mech, template: keyTemplate }, options)
      .finally(() => fromPassword?.wipe());
    const { mechanism } = mech;
    const parameters = fromPassword === undefined ? {} : { parameters: fromPassword.parameters };
    await saveKey(io, flags, key, { class: ck.CKO_SECRET_KEY, keyType, mechanism, checkSum, ...parameters });
  },
});

/** If one of these options is given, the key is derived from a password. */
const PASSWORD_FLAGS = ["mech", "password-file", "password-fd", "password-env"] as const;

export const keyPair = defineCommand({
  name: "key pair",
  summary: "generate a private and a public key",
  details: [
    "Types: rsa:2048, rsa:3072, rsa:4096, ec:CURVE, ed25519, ed448, x25519, x448, bls, dsa:BITS, dh:BITS; post-quantum: ml-dsa:44, ml-dsa:65, ml-dsa:87, ml-kem:512, ml-kem:768, ml-kem:1024, slh-dsa:SET such as slh-dsa:sha2-128s, and IBM's dilithium:SET and kyber:SET of earlier rounds such as dilithium:round2-65 and kyber:1024. The key file has both keys; commands that need the public key read it from there. `key export --public` writes it for others.",
    "DSA and DH pairs need domain parameters: new ones of the given size, or those of --params. The two parties of a Diffie-Hellman key agreement must use the same; --params-out saves them.",
  ],
  flags: {
    type: {
      kind: "text",
      value: "TYPE",
      help: "type and size in bits, curve or parameter set",
      default: "ec:P-256",
      suggestions: keySpec.KEY_PAIR_EXAMPLES,
    },
    ...KEY_OUT,
    ...RIGHTS,
    "public-exponent": { kind: "number", value: "NUMBER", help: "public exponent of RSA keys", default: 65537 },
    "pub-attr": { kind: "list", value: "CKA_NAME=VALUE", help: "further attribute of the public key" },
    params: { kind: "text", value: "FILE", help: "DER domain parameters for dsa and dh" },
    "params-out": { kind: "text", value: "FILE", help: "where to write the domain parameters" },
    ...JSON_OUTPUT,
  },
  examples: [
    "grep11 key pair --type ec:secp256k1 --out wallet.key",
    "grep11 key pair --type rsa:3072 --usage wrap,unwrap --out kek.key",
    "grep11 key pair --type ml-dsa:65 --out firmware.key",
  ],
  async run({ hsm, options, io, flags }) {
    const spec = keySpec.parseKeySpec(flags.type);
    const { keyType, generation, publicRights } = KEY_TYPES[spec.type];
    if (publicRights === undefined) throw new UsageError(`${spec.type} keys do not come in pairs: use key gen`);
    const isParametric = spec.type === "dsa" || spec.type === "dh";
    const given = flags.params === undefined ? undefined : await readBytes(io, flags.params);
    const parameters = isParametric ? (given ?? (await generateParameters(hsm, spec, options))) : undefined;
    if (flags["params-out"] !== undefined && parameters !== undefined) {
      await writeFile(io, flags["params-out"], [parameters]);
    }
    const { privKey, pubKey } = await hsm.generateKeyPair(
      {
        mech: { mechanism: generation },
        privKeyTemplate: keySpec.keyTemplate(ck.CKO_PRIVATE_KEY, spec, flags),
        pubKeyTemplate: new Map([
          ...template({ CKA_CLASS: ck.CKO_PUBLIC_KEY, CKA_KEY_TYPE: keyType }),
          ...parametersTemplate(spec, flags["public-exponent"], parameters),
          ...keySpec.publicRightsTemplate(spec, flags),
          ...flags["pub-attr"].map(parseAttributeText),
        ]),
      },
      options,
    );
    const about = { class: ck.CKO_PRIVATE_KEY, keyType, mechanism: generation, pub: ck.sealedBytes(pubKey) };
    await saveKey(io, flags, privKey, about);
  },
});

/** Returns the attributes that determine the key pair: size and exponent, curve, domain parameters or parameter set. */
function parametersTemplate(spec: keySpec.KeySpec, exponent: number, parameters: Uint8Array | undefined): ck.Template {
  if (parameters !== undefined) return template({ CKA_IBM_STRUCT_PARAMS: parameters });
  if (keySpec.hasSets(spec)) return keySpec.requireSet(spec);
  if (spec.type === "ec") return template({ CKA_EC_PARAMS: keySpec.requireCurve(spec) });
  return template({
    CKA_MODULUS_BITS: keySpec.requireBits(spec),
    CKA_PUBLIC_EXPONENT: fromBigInt(BigInt(Math.floor(exponent))),
  });
}

async function generateParameters(hsm: ck.Ep11, spec: keySpec.KeySpec, options: ck.CallOptions): Promise<Uint8Array> {
  const mechanism = spec.type === "dsa" ? ck.CKM_DSA_PARAMETER_GEN : ck.CKM_DH_PKCS_PARAMETER_GEN;
  const request = { mech: { mechanism }, template: template({ CKA_PRIME_BITS: keySpec.requireBits(spec) }) };
  return ck.sealedBytes((await hsm.generateKey(request, options)).key);
}
