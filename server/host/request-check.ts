/**
 * Whether what came over the control socket is a request at all: every field of the right type and of a sensible size.
 * Anybody on the machine may write to that socket. Pure; called by control-server.ts.
 */
import { isNumericAddress } from "../address.ts";

const MAX_WORD = 4096;
const MAX_WORDS = 4096;
const MAX_PORT = 65535;
const MAX_DIMENSION = 65535;

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string" && value.length <= MAX_WORD && !value.includes("\0");
const word: Check = (value) => typeof value === "string" && !value.includes("\0");
const flag: Check = (value) => typeof value === "boolean";
const whole =
  (low: number, high: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const address: Check = (value) => text(value) && isNumericAddress(value as string);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object with these fields and no others. */
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.keys(value).every((name) => Object.hasOwn(fields, name)) &&
    Object.entries(fields).every(([name, check]) => check(value[name]));

const size = record({ cols: whole(1, MAX_DIMENSION), rows: whole(1, MAX_DIMENSION) });
const ports: Check = (value) =>
  record({ low: whole(0, MAX_PORT), high: whole(0, MAX_PORT) })(value) &&
  (value as { low: number; high: number }).low <= (value as { low: number; high: number }).high;
const environment: Check = (value) =>
  isObject(value) &&
  Object.entries(value).every(([name, entry]) => name !== "" && !/[=\0]/.test(name) && word(entry));
const command: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= MAX_WORDS && value.every(word);

const session = {
  name: optional(text),
  address: optional(address),
  ports: optional(ports),
  colors: Number.isInteger as Check,
  command: optional(command),
  environment,
  openFiles: optional(whole(0, Number.MAX_SAFE_INTEGER)),
  size: optional(size),
  from: optional(text),
};
const common = { v: Number.isInteger as Check, op: text, user: optional(text) };

const REQUESTS: Readonly<Record<string, Check>> = {
  new: record({ ...common, ...session }),
  attach: record({
    ...common,
    name: optional(text),
    readOnly: optional(flag),
    orNew: optional(record(session)),
    stream: optional(record({ size })),
    address: optional(address),
    ports: optional(ports),
    from: optional(text),
  }),
  list: record({ ...common, all: optional(flag) }),
  kill: record({ ...common, name: text }),
  rename: record({ ...common, name: text, to: text }),
  detach: record({ ...common, name: text }),
  stats: record(common),
};

/** A sentence if the value is no request. */
export function requestFault(value: unknown): string | undefined {
  if (!isObject(value) || typeof value.op !== "string" || !Object.hasOwn(REQUESTS, value.op)) {
    return "This host does not know that request.";
  }
  return REQUESTS[value.op]!(value) ? undefined : `That is no valid "${value.op}" request.`;
}
