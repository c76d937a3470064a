/** Specs with the code that they are to run. Pure. */
import type { Code } from '../model/code.ts';
import type { AppSpec, ProcessSpec } from '../model/spec.ts';
import { canonicalJson, withProcess } from '../shared/revision.ts';

/** Other code is another revision. */
export function withCode(spec: AppSpec, code: Code): AppSpec {
  const { code: before } = spec.process;
  if (before?.digest === code.digest && before.id === code.id) return spec;
  return withProcess(spec, { ...spec.process, code });
}

/** @param now the code of each app, by name; of what is not known the spec stays */
export function withCodeOf(spec: AppSpec, now: ReadonlyMap<string, { readonly code: Code }>): AppSpec {
  const found = now.get(spec.name);
  return found === undefined ? spec : withCode(spec, found.code);
}

/**
 * The code that was taken for an app stays, where nothing else of its process is asked for: files that change in place
 * are applied by who asks for it, not by the way.
 *
 * @param before what was asked for until now
 */
export function keepingCode(spec: AppSpec, before: AppSpec | undefined): AppSpec {
  const code = before?.process.code;
  // A release does not change: another one is asked for.
  if (spec.process.code?.from === 'source') return spec;
  if (code === undefined || !isSameButForCode(spec.process, before?.process)) return spec;
  return withCode(spec, code);
}

function isSameButForCode(a: ProcessSpec, b: ProcessSpec | undefined): boolean {
  return canonicalJson({ ...a, code: null }) === canonicalJson({ ...b, code: null });
}
