import * as ck from "@grep11/cryptoki";
import type { Context, EngineFunction } from "../context.ts";
import { changeKey } from "../objects/change-key.ts";
import { readAttribute, readableAttributes } from "../objects/describe.ts";
import type { Key } from "../objects/key.ts";
import { publicHalf } from "../objects/key-pair.ts";
import { sealAnyKey } from "./envelope.ts";
import { openAnyKey } from "./open-key.ts";

function read(context: Context, key: Key, attribute: number, readable: ck.Template): ck.AttributeValue {
  if (attribute === ck.CKA_IBM_MACED_PUBLIC_KEY_INFO && key.objectClass === ck.CKO_PRIVATE_KEY) {
    return sealAnyKey(context, publicHalf(key));
  }
  return readAttribute(key, attribute, readable);
}

export const getAttributeValue: EngineFunction<"getAttributeValue"> = async (context, { object, attributes }) => {
  const { key } = openAnyKey(context, object);
  const readable = readableAttributes(key);
  return { attributes: new Map(attributes.map((attribute) => [attribute, read(context, key, attribute, readable)])) };
};

export const setAttributeValue: EngineFunction<"setAttributeValue"> = async (context, { object, attributes }) => {
  const { key, authentic } = openAnyKey(context, object);
  if (!context.policy.allows(ck.XCP_CPB_MODIFY_OBJECTS)) {
    throw ck.CkError.functionCanceled("the policy forbids changing attributes");
  }
  if (!authentic) throw ck.CkError.actionProhibited("a public key without MAC has no attributes to change");
  return { object: sealAnyKey(context, changeKey(key, attributes, context.policy)) };
};
