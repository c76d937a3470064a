/** Checking what a client sent, before anything is done with it. */
import { CONTROL_VERSION, type Operation, type Request } from '../model/control.ts';

type Check = (value: unknown) => boolean;

const isName: Check = (value) => typeof value === 'string' && value.length > 0 && value.length <= 256;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isFlag: Check = (value) => typeof value === 'boolean';
/** What no process could be given is refused before anything is done. */
const isEnvironment: Check = (value) =>
  value === undefined ||
  (isObject(value) &&
    Object.entries(value).every(
      ([name, text]) => /^[^=\0]+$/.test(name) && typeof text === 'string' && !text.includes('\0'),
    ));

/** The arguments of each operation; there are no others. */
const ARGUMENTS: Record<Operation, Readonly<Record<string, Check>>> = {
  ping: {},
  state: {},
  metrics: {},
  scrape: {},
  apply: { plan: orNull(isName), environment: isEnvironment },
  plan: { environment: isEnvironment },
  show: { target: isName },
  reload: { app: isName, environment: isEnvironment },
  restart: { app: isName, environment: isEnvironment },
  stop: { app: isName },
  start: { app: isName },
  rollback: { app: isName, release: (value) => value === undefined || isName(value) },
  releases: { app: isName },
  wait: {},
  down: {},
  logs: {
    app: orNull(isName),
    lines: isCount,
    follow: isFlag,
    stream: orNull((value) => value === 'out' || value === 'err'),
    since: orNull(isCount),
  },
  reopen: {},
  events: {},
};

/** The request, or a sentence that says what is wrong with it. */
export function parseRequest(frame: unknown): Request | string {
  if (!isObject(frame)) return 'a request is a JSON object';
  const { v, id, op, args = {} } = frame;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return 'a request has an id, a whole number';
  if (v !== CONTROL_VERSION) return versionText(v);
  if (typeof op !== 'string' || !Object.hasOwn(ARGUMENTS, op)) return `there is no operation ${quote(op)}`;
  if (!isObject(args)) return 'args is an object';
  const wrong = wrongArgument(ARGUMENTS[op as Operation], args);
  return wrong === null ? { v: CONTROL_VERSION, id, op, args } : `${op}: ${wrong}`;
}

function wrongArgument(
  checks: Readonly<Record<string, Check>>,
  args: Record<string, unknown>,
): string | null {
  for (const [name, check] of Object.entries(checks)) if (!check(args[name])) return `${name} is not valid`;
  const extra = Object.keys(args).find((name) => !Object.hasOwn(checks, name));
  return extra === undefined ? null : `there is no argument ${quote(extra)}`;
}

/** What a client of another version is told. */
function versionText(theirs: unknown): string {
  const advice =
    typeof theirs === 'number' && theirs > CONTROL_VERSION
      ? 'restart the supervisor with your newer cluster-up'
      : 'use the version of cluster-up that started the supervisor';
  return `the supervisor speaks version ${CONTROL_VERSION} of the control protocol, not ${quote(theirs)}: ${advice}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quote(value: unknown): string {
  return (JSON.stringify(value) as string | undefined)?.slice(0, 60) ?? String(value);
}
