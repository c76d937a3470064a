import { describe, expect, test } from 'vitest';
import { patternsOf } from '../../src/releases/patterns.ts';

const watching = (paths: string[], ignore: string[] = []): ReturnType<typeof patternsOf> =>
  patternsOf({ paths, ignore, delay: 0, poll: null }, '/srv/app', ['/srv/app/ecosystem.yml']);

test.each<[paths: string[], roots: string[]]>([
  [['.'], ['/srv/app']],
  [
    ['src', './lib/', 'src'],
    ['/srv/app/src', '/srv/app/lib'],
  ],
  [
    ['src/**/*.js', '*.json'],
    ['/srv/app/src', '/srv/app'],
  ],
  [
    ['../shared/*.ts', '/etc/app'],
    ['/srv/shared', '/etc/app'],
  ],
])('%j begins at %j', (paths, roots) => {
  expect(watching(paths).roots).toEqual(roots);
});

describe.each<[paths: string[], ignore: string[], yes: string[], no: string[]]>([
  [
    ['.'],
    [],
    ['a.js', 'src/deep/a.ts', 'public/app.css'],
    [
      'node_modules/a/index.js',
      'packages/b/node_modules/c.js',
      '.git/HEAD',
      'src/.cache/x',
      '.env',
      'app.log',
      'logs/out.log',
      'a.js~',
      'ecosystem.yml',
      'ecosystem.yml.new',
    ],
  ],
  [
    ['.'],
    ['tmp', '*.test.js', 'public/**'],
    ['src/a.js'],
    ['tmp/a', 'src/tmp/a', 'src/a.test.js', 'public/x/y'],
  ],
  [['.'], ['./data/'], ['src/data.js', 'database'], ['data', 'data/x']],
  [['.'], ['src/gen'], ['gen/a.js', 'src/generate.js'], ['src/gen/a.js']],
  [['.'], ['/srv/app/var'], ['src/var.js'], ['var/a']],
  [
    ['src/**/*.js', 'config.json'],
    [],
    ['src/a.js', 'src/b/c.js', 'config.json'],
    ['src/a.ts', 'a.js', 'package.json'],
  ],
  [['.env', 'pages/[id].js'], [], ['.env', 'pages/[id].js'], ['.envrc', 'pages/x.js']],
  [['../shared'], ['../shared/gen'], ['../shared/a.js'], ['../shared/gen/a.js', 'a.js']],
])('watch %j without %j', (paths, ignore, yes, no) => {
  const { isWatched } = watching(paths, ignore);
  const at = (name: string): string =>
    new URL(name, 'file:///srv/app/').pathname.replace('%5B', '[').replace('%5D', ']');

  test.each(yes)('%s counts', (name) => expect(isWatched(at(name))).toBe(true));
  test.each(no)('%s does not', (name) => expect(isWatched(at(name))).toBe(false));
});

test('a folder that is left out is not looked into', () => {
  const { isIgnored } = watching(['.'], ['data']);
  expect(['/srv/app/node_modules', '/srv/app/.git', '/srv/app/data'].map(isIgnored)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['/srv/app', '/srv/app/src'].map(isIgnored)).toEqual([false, false]);
});
