/** `depends_on` names apps that there are, and does not run in a circle. */
import { spanIn } from '../context.ts';
import type { Problems } from '../problems.ts';
import { didYouMean } from '../suggest.ts';
import type { CheckedApp } from './apps.ts';

export function checkDependencies(apps: readonly CheckedApp[], problems: Problems): void {
  const names = apps.map(({ spec }) => spec.name);
  const needs = new Map(apps.map(({ spec }) => [spec.name, spec.dependsOn.map(({ app }) => app)] as const));
  for (const { context, spec } of apps) {
    const span = spanIn(context, 'depends_on');
    const unknown = (needs.get(spec.name) ?? []).filter((name) => !names.includes(name));
    for (const name of unknown) {
      const others = names.filter((other) => other !== spec.name);
      const hint = didYouMean(name, others) ?? 'Name another app of this file.';
      problems.add('CU1515', span, `\`depends_on\` names \`${name}\`, and no app is called so.`, hint);
    }
  }
  reportCircles(apps, needs, problems);
  reportEndless(apps, problems);
}

/** Waiting for the end of what never ends. */
function reportEndless(apps: readonly CheckedApp[], problems: Problems): void {
  for (const { context, spec } of apps) {
    for (const { app, until } of spec.dependsOn) {
      const needed = apps.find((other) => other.spec.name === app)?.spec;
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
function reportCircles(
  apps: readonly CheckedApp[],
  needs: ReadonlyMap<string, readonly string[]>,
  problems: Problems,
): void {
  const told = new Set<string>();
  for (const { context, spec } of apps) {
    const circle = told.has(spec.name) ? null : circleFrom(spec.name, needs);
    if (circle === null) continue;
    for (const name of circle) told.add(name);
    const path = [...circle, spec.name].map((name) => `\`${name}\``).join(' needs ');
    const message = `Apps wait for each other: ${path}.`;
    problems.add('CU1516', spanIn(context, 'depends_on'), message, 'Remove one of these dependencies.');
  }
}

/** The way from an app back to itself, or null. */
function circleFrom(start: string, needs: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const seen = new Set<string>();
  const paths: (readonly string[])[] = [[start]];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    for (const next of needs.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return path;
      if (seen.has(next)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  }
  return null;
}
