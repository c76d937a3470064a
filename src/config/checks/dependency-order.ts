/** `depends_on` names apps that there are, and does not run in a circle. */
import type { AppSpec } from '../../model/spec.ts';
import { spanIn } from '../resolve/context.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { didYouMean } from '../../shared/suggest.ts';
import type { CheckedApp } from '../resolve/context.ts';

type Named = ReadonlyMap<string, AppSpec>;
type Needs = ReadonlyMap<string, ReadonlySet<string>>;

export function checkDependencies(apps: readonly CheckedApp[], problems: Problems): void {
  const dependent = apps.filter(({ spec }) => spec.dependsOn.length > 0);
  if (dependent.length === 0) return;
  // Of two apps of one name, which is an error of its own, the first is meant.
  const byName = new Map([...apps].reverse().map(({ spec }) => [spec.name, spec] as const));
  for (const { context, spec } of dependent) {
    const span = spanIn(context, 'depends_on');
    for (const { app } of spec.dependsOn.filter((needed) => !byName.has(needed.app))) {
      const others = [...byName.keys()].filter((other) => other !== spec.name);
      const hint = didYouMean(app, others) ?? 'Name another app of this file.';
      problems.add('CU1515', span, `\`depends_on\` names \`${app}\`, and no app is called so.`, hint);
    }
  }
  reportCircles(dependent, byName, problems);
  reportEndless(dependent, byName, problems);
}

/** Waiting for the end of what never ends. */
function reportEndless(apps: readonly CheckedApp[], byName: Named, problems: Problems): void {
  for (const { context, spec } of apps) {
    for (const { app, until } of spec.dependsOn) {
      const needed = byName.get(app);
      if (until !== 'completed' || needed === undefined) continue;
      const { auto, stopExitCodes } = needed.restart;
      if (!auto || stopExitCodes.includes(0)) continue;
      const message = `\`${app}\` never completes: it is started again whenever it exits.`;
      const hint = `Write \`autorestart: false\` for \`${app}\`, or wait for it to be \`ready\`.`;
      problems.add('CU1517', spanIn(context, 'depends_on'), message, hint);
    }
  }
}

/** Each circle is told once, at the app of it that comes first in the file. */
function reportCircles(apps: readonly CheckedApp[], byName: Named, problems: Problems): void {
  const waiting = stuck(byName);
  const told = new Set<string>();
  for (const { context, spec } of apps) {
    const circle = told.has(spec.name) || !waiting.has(spec.name) ? null : circleFrom(spec.name, waiting);
    if (circle === null) continue;
    for (const name of circle) told.add(name);
    const path = [...circle, spec.name].map((name) => `\`${name}\``).join(' needs ');
    const message = `Apps wait for each other: ${path}.`;
    problems.add('CU1516', spanIn(context, 'depends_on'), message, 'Remove one of these dependencies.');
  }
}

/** The apps that would never start, with the ones among them that each needs: those in a circle, or that lead to one. */
function stuck(byName: Named): Needs {
  const known = ({ dependsOn }: AppSpec): string[] =>
    dependsOn.map(({ app }) => app).filter((app) => byName.has(app));
  const needs = new Map([...byName].map(([name, spec]) => [name, new Set(known(spec))] as const));
  const neededBy = new Map([...byName.keys()].map((name) => [name, [] as string[]] as const));
  for (const [name, apps] of needs) for (const app of apps) neededBy.get(app)?.push(name);
  // A list that grows while it is walked through: whoever needs nothing any more can start.
  const free = [...needs.keys()].filter((name) => needs.get(name)?.size === 0);
  for (const name of free) {
    needs.delete(name);
    for (const other of neededBy.get(name) ?? []) {
      const left = needs.get(other);
      left?.delete(name);
      if (left?.size === 0) free.push(other);
    }
  }
  return needs;
}

/** The way from an app back to itself, or null. */
function circleFrom(start: string, needs: Needs): readonly string[] | null {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of needs.get(name) ?? []) {
      if (next === start) return wayTo(name, cameFrom);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      open.push(next);
    }
  }
  return null;
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const way = [end];
  for (let name = cameFrom.get(end); name !== undefined; name = cameFrom.get(name)) way.push(name);
  return way.reverse();
}
