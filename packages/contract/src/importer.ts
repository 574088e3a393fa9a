/**
 * Imports clear keys into an HSM and exports keys from it, using only the functions of the HSM. An AES KEK is imported under
 * RSA-OAEP, and all other keys are wrapped locally under that KEK.
 */
import { constants, createCipheriv, createDecipheriv, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { ALL_RIGHTS } from "./sample-keys.ts";

const IV = new Uint8Array(16).fill(0x3c);
const WRAPPING = mechanism.aesCbcPad(IV);
const PRIVATE_RIGHTS = template({ CKA_SIGN: true, CKA_DECRYPT: true, CKA_UNWRAP: true, CKA_DERIVE: true });

/** An imported key (sealed), and the CheckSum that UnwrapKey returned. */
export interface Imported {
  readonly key: Uint8Array;
  readonly checkSum: Uint8Array;
}

/** Imports and exports clear keys on one Ep11. */
export class Importer {
  readonly #ep11: ck.Ep11;
  readonly #value: Uint8Array;
  /** The KEK as a sealed AES-256 key with all rights. */
  readonly kek: Uint8Array;

  private constructor(ep11: ck.Ep11, value: Uint8Array, kek: Uint8Array) {
    this.#ep11 = ep11;
    this.#value = value;
    this.kek = kek;
  }

  /** Generates an RSA key pair in the HSM and imports a new AES key under it. */
  static async create(ep11: ck.Ep11): Promise<Importer> {
    const { privKey, pubKey } = await ep11.generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: template({ CKA_MODULUS_BITS: 2048, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }),
      privKeyTemplate: template({ CKA_UNWRAP: true }),
    });
    const value = new Uint8Array(randomBytes(32));
    const key = createPublicKey({ key: Buffer.from(spkiOf(pubKey)), format: "der", type: "spki" });
    const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
    const { unwrapped } = await ep11.unwrapKey({
      mech: mechanism.rsaOaep({ hash: "sha256" }),
      kek: privKey,
      wrapped: new Uint8Array(publicEncrypt(oaep, value)),
      template: new Map([...ALL_RIGHTS, ...template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: ck.CKK_AES })]),
    });
    return new Importer(ep11, value, ck.sealedBytes(unwrapped));
  }

  /** Imports a secret key. It has all rights, except where `attributes` say otherwise. */
  secret(value: Uint8Array, keyType: number, attributes: ck.Template = new Map()): Promise<Imported> {
    const named = template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: keyType, CKA_VALUE_LEN: value.length });
    return this.#unwrap(value, new Map([...ALL_RIGHTS, ...named, ...attributes]));
  }

  /** Imports the private key in a PrivateKeyInfo. It has all rights of its type, except where `attributes` say otherwise. */
  privateKey(pkcs8: Uint8Array, keyType: number, attributes: ck.Template = new Map()): Promise<Imported> {
    const named = template({ CKA_CLASS: ck.CKO_PRIVATE_KEY, CKA_KEY_TYPE: keyType });
    return this.#unwrap(pkcs8, new Map([...PRIVATE_RIGHTS, ...named, ...attributes]));
  }

  /** Imports the public key in a SubjectPublicKeyInfo. Returns it with a MAC of the HSM. */
  async publicKey(spki: Uint8Array, attributes: ck.Template = new Map()): Promise<Uint8Array> {
    const rights = template({ CKA_VERIFY: true, CKA_ENCRYPT: true, CKA_WRAP: true, CKA_DERIVE: true });
    const mech = { mechanism: ck.CKM_IBM_TRANSPORTKEY };
    const imported = await this.#ep11.unwrapKey({ mech, wrapped: spki, template: new Map([...rights, ...attributes]) });
    return ck.sealedBytes(imported.unwrapped);
  }

  /** Exports an extractable key in the clear: the value of a secret key, or the PrivateKeyInfo of a private key. */
  async export(key: ck.KeyArgument): Promise<Uint8Array> {
    const { wrapped } = await this.#ep11.wrapKey({ mech: WRAPPING, kek: this.kek, key });
    const decipher = createDecipheriv("aes-256-cbc", this.#value, IV);
    return new Uint8Array(Buffer.concat([decipher.update(wrapped), decipher.final()]));
  }

  async #unwrap(clear: Uint8Array, requested: ck.Template): Promise<Imported> {
    const cipher = createCipheriv("aes-256-cbc", this.#value, IV);
    const wrapped = new Uint8Array(Buffer.concat([cipher.update(clear), cipher.final()]));
    const response = await this.#ep11.unwrapKey({ mech: WRAPPING, kek: this.kek, wrapped, template: requested });
    return { key: ck.sealedBytes(response.unwrapped), checkSum: response.checkSum };
  }
}
