import * as ck from "@grep11/cryptoki";
import type { Context, EngineFunction } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { checkSum } from "../objects/check-value.ts";
import { createKey } from "../objects/create-key.ts";
import { KEY_UID_BYTES } from "../objects/key.ts";
import { joinHalves } from "../objects/key-pair.ts";
import { rememberPublicHalf } from "../objects/key-properties.ts";
import { requireLegalTemplate, requireSameBinding } from "../objects/legal-template.ts";
import { requireClass, requireKeyType } from "../objects/template-values.ts";
import { clearEnvelope, sealInEnvelope } from "./envelope.ts";
import { requireMasterKey } from "./open-key.ts";
import { type Inputs, perform } from "./perform.ts";

function requireTemplate(context: Context, row: MechanismRow, template: ck.Template, objectClass: number): void {
  requireLegalTemplate(context.policy, template);
  requireClass(template, objectClass);
  requireKeyType(template, ...row.keyTypes);
}

export const generateKey: EngineFunction<"generateKey"> = async (context, { mech, template }, options) => {
  requireMasterKey(context);
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_GENERATE);
  const parameter = row.read(mech.parameter);
  requireTemplate(context, row, template, row.makesParameters ? ck.CKO_DOMAIN_PARAMETERS : ck.CKO_SECRET_KEY);
  const material = await perform(context, row, "generateKey", undefined, [parameter, template], options);
  if (material.objectClass === ck.CKO_DOMAIN_PARAMETERS) {
    return { key: clearEnvelope(context, material.value), checkSum: new Uint8Array(0) };
  }
  const key = createKey(material, template, {
    policy: context.policy,
    origin: "generate",
    mechanism: row.mechanism,
    uid: context.random(KEY_UID_BYTES),
  });
  return { key: sealInEnvelope(context, key), checkSum: checkSum(key, context.policy) };
};

export const generateKeyPair: EngineFunction<"generateKeyPair"> = async (
  context,
  { mech, pubKeyTemplate, privKeyTemplate },
  options,
) => {
  requireMasterKey(context);
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_GENERATE_KEY_PAIR);
  const parameter = row.read(mech.parameter);
  requireTemplate(context, row, pubKeyTemplate, ck.CKO_PUBLIC_KEY);
  requireTemplate(context, row, privKeyTemplate, ck.CKO_PRIVATE_KEY);
  requireSameBinding(pubKeyTemplate, privKeyTemplate);
  const inputs: Inputs<"generateKeyPair"> = [parameter, pubKeyTemplate, privKeyTemplate];
  const pair = await perform(context, row, "generateKeyPair", undefined, inputs, options);
  rememberPublicHalf(pair.privateKey, pair.publicKey);
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
};
