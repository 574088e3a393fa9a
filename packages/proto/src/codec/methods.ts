/** Defines which fields contain each property of the requests and responses of every RPC. Source: proto/grep11/server.proto. */
import type { MessageShape } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import * as wire from "../gen/grep11/server_pb.ts";
import { readAttributes, template, wantedAttributes } from "./attributes.ts";
import * as codec from "./codec.ts";
import { bytes, type Field, optionalBytes, uint64, uint64List } from "./field.ts";
import { key, optionalKey, resultKey, wholeKey } from "./key.ts";
import { mechanism, mechanismNumber } from "./mechanism.ts";

const mechanismInfo = codec.messageCodec<ck.MechanismInfo, typeof wire.MechanismInfoSchema>(wire.MechanismInfoSchema, {
  minKeySize: uint64("MinKeySize"),
  maxKeySize: uint64("MaxKeySize"),
  flags: uint64("Flags"),
});

const mechInfo: Field<ck.MechanismInfo, { MechInfo?: wire.MechanismInfo | undefined }> = {
  decode: (message) => mechanismInfo.decode(message.MechInfo ?? mechanismInfo.parse(new Uint8Array(0))),
  encode: (value, message) => {
    message.MechInfo = mechanismInfo.encode(value);
  },
};

const state = bytes("State");
const data = bytes("Data");
const plain = bytes("Plain");
const ciphered = bytes("Ciphered");
const digest = bytes("Digest");
const signature = bytes("Signature");
const object = bytes("Object");
const checkSum = bytes("CheckSum");
const mech = mechanism("Mech");
const keyArgument = key("Key", "KeyBytes");
const privKey = key("PrivKey", "PrivKeyBytes");
const pubKey = key("PubKey", "PubKeyBytes");
const macKey = optionalKey("MacKey", "MacKeyBytes");
const keyTemplate = template("Template", "TemplateBytes");

type Service = typeof wire.Crypto.method;
/** The request message of the method `M`. */
export type WireRequestOf<M extends codec.Ep11Method> = MessageShape<Service[M]["input"]>;
/** The response message of the method `M`. */
export type WireResponseOf<M extends codec.Ep11Method> = MessageShape<Service[M]["output"]>;

/** The fields of the request, and those of the response. */
type Row<M extends codec.Ep11Method> = readonly [
  request: codec.Fields<codec.RequestOf<M>, WireRequestOf<M>>,
  response: codec.Fields<codec.ResponseOf<M>, WireResponseOf<M>, WireRequestOf<M>>,
];

const ROWS: { readonly [M in codec.Ep11Method]: Row<M> } = {
  generateRandom: [{ len: uint64("Len") }, { rnd: bytes("Rnd") }],
  digestInit: [{ mech }, { state }],
  digest: [{ state, data }, { digest }],
  digestUpdate: [{ state, data }, { state }],
  digestKey: [{ state, key: keyArgument }, { state }],
  digestFinal: [{ state }, { digest }],
  digestSingle: [{ mech, data }, { digest }],
  encryptInit: [{ mech, key: keyArgument }, { state }],
  decryptInit: [{ mech, key: keyArgument }, { state }],
  encryptUpdate: [
    { state, plain },
    { state, ciphered },
  ],
  decryptUpdate: [
    { state, ciphered },
    { state, plain },
  ],
  encrypt: [{ state, plain }, { ciphered }],
  decrypt: [{ state, ciphered }, { plain }],
  encryptFinal: [{ state }, { ciphered }],
  decryptFinal: [{ state }, { plain }],
  encryptSingle: [{ mech, plain, key: keyArgument }, { ciphered }],
  decryptSingle: [{ mech, ciphered, key: keyArgument }, { plain }],
  signInit: [{ mech, privKey }, { state }],
  verifyInit: [{ mech, pubKey }, { state }],
  signUpdate: [{ state, data }, { state }],
  verifyUpdate: [{ state, data }, { state }],
  signFinal: [{ state }, { signature }],
  verifyFinal: [{ state, signature }, {}],
  sign: [{ state, data }, { signature }],
  verify: [{ state, data, signature }, {}],
  signSingle: [{ mech, data, privKey: optionalKey("PrivKey", "PrivKeyBytes") }, { signature }],
  verifySingle: [{ mech, data, signature, pubKey }, {}],
  reencryptSingle: [
    {
      decMech: mechanism("DecMech"),
      encMech: mechanism("EncMech"),
      ciphered,
      decKey: key("DecKey", "DecKeyBytes"),
      encKey: key("EncKey", "EncKeyBytes"),
    },
    { reciphered: bytes("Reciphered") },
  ],
  generateKey: [
    { mech, template: keyTemplate },
    { checkSum, key: resultKey("Key", "KeyBytes") },
  ],
  generateKeyPair: [
    {
      mech,
      privKeyTemplate: template("PrivKeyTemplate", "PrivKeyTemplateBytes"),
      pubKeyTemplate: template("PubKeyTemplate", "PubKeyTemplateBytes"),
    },
    { privKey: resultKey("PrivKey", "PrivKeyBytes"), pubKey: resultKey("PubKey", "PubKeyBytes") },
  ],
  wrapKey: [{ mech, key: keyArgument, kek: key("KeK", "KeKBytes"), macKey }, { wrapped: bytes("Wrapped") }],
  unwrapKey: [
    { wrapped: bytes("Wrapped"), mech, template: keyTemplate, kek: optionalKey("KeK", "KeKBytes"), macKey },
    { checkSum, unwrapped: resultKey("Unwrapped", "UnwrappedBytes") },
  ],
  deriveKey: [
    { mech, data: optionalBytes("Data"), template: keyTemplate, baseKey: optionalKey("BaseKey", "BaseKeyBytes") },
    { checkSum, newKey: resultKey("NewKey", "NewKeyBytes") },
  ],
  getMechanismList: [{}, { mechs: uint64List("Mechs") }],
  getMechanismInfo: [{ mech: mechanismNumber }, { mechInfo }],
  getAttributeValue: [{ object, attributes: wantedAttributes }, { attributes: readAttributes }],
  setAttributeValue: [{ object, attributes: template("Attributes", "AttributesBytes") }, { object }],
  login: [{ storeid: bytes("Storeid"), pin: bytes("Pin") }, { pinblob: bytes("Pinblob") }],
  logout: [{}, {}],
  rewrapKeyBlob: [
    { wrappedKey: wholeKey("WrappedKey", "WrappedKeyBytes") },
    { rewrappedKey: resultKey("RewrappedKey", "RewrappedKeyBytes") },
  ],
};

/** The codec of the method `M`. */
export interface MethodCodec<M extends codec.Ep11Method> {
  /** Name of the RPC, such as "SignInit"; its path is `/grep11.Crypto/<rpc>`. */
  readonly rpc: string;
  readonly request: codec.MessageCodec<codec.RequestOf<M>, WireRequestOf<M>>;
  readonly response: codec.MessageCodec<codec.ResponseOf<M>, WireResponseOf<M>, WireRequestOf<M>>;
}

function methodCodec<M extends codec.Ep11Method>(method: M): MethodCodec<M> {
  const { name, input, output } = wire.Crypto.method[method];
  const [request, response] = ROWS[method];
  return {
    rpc: name,
    request: codec.messageCodec<codec.RequestOf<M>, Service[M]["input"]>(input, request),
    response: codec.messageCodec<codec.ResponseOf<M>, Service[M]["output"], WireRequestOf<M>>(output, response),
  };
}

/** The codecs of all 40 methods, by name. */
export const codecs = Object.fromEntries(ck.EP11_METHODS.map((method) => [method, methodCodec(method)])) as {
  readonly [M in codec.Ep11Method]: MethodCodec<M>;
};
