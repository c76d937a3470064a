/** Size: thousands of apps are read in a moment, and an ecosystem in many files is one load. */
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { runs } from '../runs.ts';
import { DISK, fakeFiles, parse, told } from './helpers.ts';

/** What looks at all apps once for each of them takes minutes with 5,000. */
const APPS = runs(1000, 5000);
const LAST = APPS - 1;

test(`${APPS} apps take little more than reading their YAML`, () => {
  const apps = Array.from(
    { length: APPS },
    (_, i) =>
      `  - name: app-${i}\n    script: ./server.js\n    instances: 2\n    env: { PORT: ${10_000 + i} }\n`,
  );
  const text = `apps:\n${apps.join('')}`;
  const { desired, diagnostics } = parse(text);
  expect(diagnostics).toEqual([]);
  expect(desired?.apps).toHaveLength(APPS);
  // Side by side, in CPU time: how fast the machine is, and what else it does, hits both alike.
  const taken = { yaml: Infinity, all: Infinity };
  for (let round = 0; round < 2; round++) {
    taken.yaml = Math.min(
      taken.yaml,
      cpuTime(() => parseDocument(text, { uniqueKeys: false })),
    );
    taken.all = Math.min(
      taken.all,
      cpuTime(() => parse(text)),
    );
  }
  // It is about twice that.
  expect(taken.all / taken.yaml).toBeLessThan(4);
}, 20_000);

test.each([
  ['each waits for the one before it', (i: number) => (i === 0 ? '' : `depends_on: app-${i - 1}`)],
  ['each waits for the one after it', (i: number) => (i === LAST ? '' : `depends_on: app-${i + 1}`)],
  ['all extend the last one', (i: number) => (i === LAST ? '' : `extends: app-${LAST}`)],
  ['each extends the one before it', (i: number) => (i === 0 ? '' : `extends: app-${i - 1}`)],
  ['each extends the one after it', (i: number) => (i === LAST ? '' : `extends: app-${i + 1}`)],
])(
  `${APPS} apps: %s`,
  (_, line) => {
    const apps = Array.from(
      { length: APPS },
      (__, i) => `  - name: app-${i}\n    script: server.js\n    ${line(i)}\n`,
    );
    expect(parse(`apps:\n${apps.join('')}`).diagnostics).toEqual([]);
  },
  20_000,
);

test(`${APPS} apps that each wait for an app of a name like theirs`, () => {
  const apps = Array.from(
    { length: APPS },
    (_, i) => `  - { name: app-${i}, script: server.js, depends_on: api-${i}, extends: apq-${i} }\n`,
  );
  expect(parse(`apps:\n${apps.join('')}`).desired).toBeNull();
}, 20_000);

test(`a circle of ${APPS} apps`, () => {
  const apps = Array.from(
    { length: APPS },
    (_, i) => `  - { name: app-${i}, script: server.js, depends_on: app-${(i + 1) % APPS} }\n`,
  );
  expect(parse(`apps:\n${apps.join('')}`).diagnostics.map(({ code }) => code)).toEqual(['CU1516']);
}, 20_000);

test(`${APPS} apps that extend each other in a circle`, () => {
  const apps = Array.from(
    { length: APPS },
    (_, i) => `  - { name: app-${i}, script: server.js, extends: app-${(i + 1) % APPS} }\n`,
  );
  expect(new Set(told(parse(`apps:\n${apps.join('')}`)).map((line) => line.split(' ')[1]))).toEqual(
    new Set(['CU1702']),
  );
}, 20_000);

test('ninety included files; a hundred and more are a mistake', () => {
  const files = (count: number): ReturnType<typeof fakeFiles> =>
    fakeFiles({
      ...DISK,
      ...Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `/srv/${i}.yml`,
          `apps: [{ name: a${i}, script: server.js }]`,
        ]),
      ),
    });
  const including = (count: number): string =>
    `include: [${Array.from({ length: count }, (_, i) => `${i}.yml`).join(', ')}]\n`;
  expect(parse(including(90), { files: files(90) }).desired?.apps).toHaveLength(90);
  expect(new Set(parse(including(120), { files: files(120) }).diagnostics.map(({ code }) => code))).toEqual(
    new Set(['CU1701']),
  );
});

/** In µs. */
function cpuTime(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
