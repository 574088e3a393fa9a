/** GenerateKey and GenerateKeyPair. */
import {
  CKF_GENERATE,
  CKF_GENERATE_KEY_PAIR,
  CKO_DOMAIN_PARAMETERS,
  CKO_PRIVATE_KEY,
  CKO_PUBLIC_KEY,
  CKO_SECRET_KEY,
  type GenerateKeyPairRequest,
  type GenerateKeyPairResponse,
  type GenerateKeyRequest,
  type GenerateKeyResponse,
  type Template,
} from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { checkSum } from "../objects/check-value.ts";
import { createKey, requireLegalTemplate, requireSameBinding } from "../objects/create-key.ts";
import { joinHalves } from "../objects/key-pair.ts";
import { KEY_UID_BYTES } from "../objects/key-uid.ts";
import { requireClass, requireKeyType } from "../objects/template-values.ts";
import { clearEnvelope, sealInEnvelope } from "./envelope.ts";
import type { Options } from "./operation.ts";
import { perform } from "./perform.ts";

/** DSA and DH parameters come out of GenerateKey in the clear, so their template names another class. */
function requireTemplate(context: Context, row: MechanismRow, template: Template, objectClass: number): void {
  requireLegalTemplate(context.policy, template);
  requireClass(template, objectClass);
  requireKeyType(template, ...row.keyTypes);
}

export async function generateKey(
  context: Context,
  { mech, template }: GenerateKeyRequest,
  options: Options,
): Promise<GenerateKeyResponse> {
  context.keyring.sealingKey();
  const row = context.mechanisms.resolve(mech.mechanism, CKF_GENERATE);
  const parameter = row.parameter(mech.parameter);
  requireTemplate(context, row, template, row.makesParameters ? CKO_DOMAIN_PARAMETERS : CKO_SECRET_KEY);
  const material = await perform(context, row, "generateKey", undefined, [parameter, template], options);
  if (material.objectClass === CKO_DOMAIN_PARAMETERS) {
    return { key: clearEnvelope(context, material.value), checkSum: new Uint8Array(0) };
  }
  const key = createKey(material, template, {
    policy: context.policy,
    origin: "generate",
    mechanism: row.mechanism,
    uid: context.random(KEY_UID_BYTES),
  });
  return { key: sealInEnvelope(context, key), checkSum: checkSum(key, context.policy) };
}

export async function generateKeyPair(
  context: Context,
  { mech, pubKeyTemplate, privKeyTemplate }: GenerateKeyPairRequest,
  options: Options,
): Promise<GenerateKeyPairResponse> {
  context.keyring.sealingKey();
  const row = context.mechanisms.resolve(mech.mechanism, CKF_GENERATE_KEY_PAIR);
  const parameter = row.parameter(mech.parameter);
  requireTemplate(context, row, pubKeyTemplate, CKO_PUBLIC_KEY);
  requireTemplate(context, row, privKeyTemplate, CKO_PRIVATE_KEY);
  requireSameBinding(pubKeyTemplate, privKeyTemplate);
  const inputs = [parameter, pubKeyTemplate, privKeyTemplate] as const;
  const pair = await perform(context, row, "generateKeyPair", undefined, [...inputs], options);
  const origin = {
    policy: context.policy,
    origin: "generate",
    mechanism: row.mechanism,
    uid: context.random(KEY_UID_BYTES),
  } as const;
  const { privateKey, publicKey } = joinHalves(
    context.policy,
    createKey(pair.privateKey, privKeyTemplate, origin),
    createKey(pair.publicKey, pubKeyTemplate, origin),
  );
  return { privKey: sealInEnvelope(context, privateKey), pubKey: sealInEnvelope(context, publicKey) };
}
