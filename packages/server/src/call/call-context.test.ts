import { expect, it } from "vitest";
import { parseTraceparent } from "./call-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

it.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`cc-${TRACE}-${SPAN}-ff-what-the-future-holds`, 255],
])("reads the traceparent %s", (header, traceFlags) => {
  expect(parseTraceparent(header)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags });
});

it.each([
  undefined,
  "",
  `ff-${TRACE}-${SPAN}-01`,
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}-${SPAN}-011`,
  `00-${TRACE}${SPAN}-01`,
  `x00-${TRACE}-${SPAN}-01`,
])("ignores the malformed traceparent %s", (header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});
