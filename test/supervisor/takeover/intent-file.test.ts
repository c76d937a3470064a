/** What was asked for by hand, on a disk that need not do as it should. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IntentFile } from '../../../src/supervisor/takeover/intent-file.ts';

const STOPPED = new Map([['web', { stopped: true }]]);
const NOTHING = new Map();

/** Of one supervisor after the other, each with the folder that it would write to first. */
function setup() {
  const root = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-intents-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [one, other] = [path.join(root, 'one', 'x.intents'), path.join(root, 'other', 'x.intents')];
  const said: string[] = [];
  const open = (...places: [string, ...string[]]): IntentFile =>
    new IntentFile('/srv/ecosystem.yml', places, ({ level, text }) =>
      said.push(`${level}: ${text.replaceAll(root, '')}`),
    );
  return { root, one, other, said, open };
}

describe('what was asked for by hand', () => {
  it('is there for the next supervisor, for its user alone, until nothing is asked for', () => {
    const { one, said, open } = setup();
    const file = open(one);
    file.keep(STOPPED);
    expect(open(one).read()).toEqual(STOPPED);
    expect(readdirSync(path.dirname(one))).toEqual(['x.intents']);
    expect([statSync(path.dirname(one)).mode & 0o777, statSync(one).mode & 0o777]).toEqual([0o700, 0o600]);
    file.keep(NOTHING);
    expect([existsSync(one), file.isThere, said]).toEqual([false, false, []]);
  });

  it('is written only where it is another', () => {
    const { one, open } = setup();
    const file = open(one);
    file.keep(STOPPED);
    const { ino } = statSync(one);
    file.keep(new Map(STOPPED));
    file.check();
    expect(statSync(one).ino).toBe(ino);
  });

  it('makes no folder where there is nothing to write', () => {
    const { one, open } = setup();
    const file = open(one);
    file.keep(NOTHING);
    file.check();
    file.drop();
    expect(existsSync(path.dirname(one))).toBe(false);
  });

  it('is written anew where it was taken away, but not after the end', () => {
    const { one, said, open } = setup();
    const file = open(one);
    file.keep(STOPPED);
    rmSync(path.dirname(one), { recursive: true });
    file.check();
    expect(open(one).read()).toEqual(STOPPED);
    file.drop();
    file.check();
    expect([existsSync(one), said]).toEqual([false, []]);
  });

  it('is found where another environment had it, and is at one place then', () => {
    const { one, other, open } = setup();
    open(one).keep(STOPPED);
    const next = open(other, one);
    const kept = next.read();
    expect(kept).toEqual(STOPPED);
    next.keep(kept);
    expect([existsSync(one), existsSync(other)]).toEqual([false, true]);
    open(one).keep(STOPPED);
    next.drop();
    expect([existsSync(one), existsSync(other)]).toEqual([false, false]);
  });

  it('is ignored where it is broken, which is said once', () => {
    const { one, said, open } = setup();
    mkdirSync(path.dirname(one));
    writeFileSync(one, '{"format":1,');
    const file = open(one);
    expect(file.read()).toEqual(NOTHING);
    expect(said).toEqual([
      'bad: /one/x.intents is ignored, as it is broken: what was asked for by hand is forgotten',
    ]);
    file.keep(NOTHING);
    expect(open(one).read()).toEqual(NOTHING);
    expect(said).toHaveLength(1);
  });

  it('is ignored where it is no file, or too long', () => {
    const { one, said, open } = setup();
    mkdirSync(one, { recursive: true });
    expect(open(one).read()).toEqual(NOTHING);
    rmSync(one, { recursive: true });
    writeFileSync(one, ' '.repeat(5 * 2 ** 20));
    expect(open(one).read()).toEqual(NOTHING);
    const why = ['it is a folder, and only regular files are read', 'it is larger than 4 MiB'];
    expect(said).toEqual(
      why.map(
        (reason) => `bad: /one/x.intents is ignored, as ${reason}: what was asked for by hand is forgotten`,
      ),
    );
  });

  it('cannot be written: that is told once, and again when it can', () => {
    const { one, said, open } = setup();
    writeFileSync(path.dirname(one), 'no folder');
    const file = open(one);
    file.keep(STOPPED);
    file.check();
    expect(said).toEqual([
      expect.stringMatching(/^bad: cannot write .*the next one would not know what was/),
    ]);
    rmSync(path.dirname(one));
    file.check();
    expect(said[1]).toBe('good: /one/x.intents is written again');
    expect(open(one).read()).toEqual(STOPPED);
  });
});
