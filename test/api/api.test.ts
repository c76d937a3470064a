import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import {
  connect,
  InvalidEcosystem,
  load,
  plan,
  up,
  validate,
  type AppDetails,
  type Client,
  type Desired,
  type Diagnostic,
  type Loaded,
  type Outcome,
  type Prediction,
  type Running,
  type State,
} from '../../src/index.ts';
import type { Operations } from '../../src/model/control.ts';

function fileWith(text: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-api-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'ecosystem.yml');
  writeFileSync(file, text);
  writeFileSync(path.join(folder, 'job.sh'), 'echo started; exec sleep 100\n');
  return file;
}

/** A control socket of this test's own. */
function ownHome(): void {
  const before = process.env['CLUSTER_UP_HOME'];
  const home = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-home-'));
  process.env['CLUSTER_UP_HOME'] = home;
  onTestFinished(() => {
    if (before === undefined) delete process.env['CLUSTER_UP_HOME'];
    else process.env['CLUSTER_UP_HOME'] = before;
    rmSync(home, { recursive: true, force: true });
  });
}

const JOB = 'apps:\n  - name: job\n    script: job.sh\n    min_uptime: 50\n';

describe('the public API', () => {
  it('loads, validates and plans', async () => {
    const { desired, diagnostics } = await load(fileWith(JOB));
    expect(diagnostics).toEqual([]);
    expect(desired?.apps.map(({ name }) => name)).toEqual(['job']);
    if (desired === null) throw new Error('unreachable');
    expect(plan(null, desired).map(({ app, effect }) => [app, effect])).toEqual([['job', 'add']]);
    expect(plan(desired.apps, desired).map(({ effect }) => effect)).toEqual(['none']);
    const [problem] = await validate(fileWith('apps:\n  - scirpt: x.js\n'));
    expect(problem?.start.line).toBe(2);
  });

  it('runs a file in this process, to be asked from any other', async () => {
    ownHome();
    const file = fileWith(JOB);
    const running = await up(file, { watch: false });
    onTestFinished(() => running.end());
    expect(Object.keys(running).sort()).toEqual(['end', 'ended', 'session']);
    expect(Object.keys(running.session).sort()).toEqual(['state', 'wait']);
    expect(await running.session.wait()).toEqual({ converged: true, problems: [] });

    const client = await connect(file);
    const state = await client?.call('state', {});
    expect(state?.apps.map(({ name, status, ready }) => ({ name, status, ready }))).toEqual([
      { name: 'job', status: 'online', ready: 1 },
    ]);
    await expect(up(file)).rejects.toThrow('another supervisor');
    await client?.call('down', {});
    client?.close();
    await running.ended;
    expect(await connect(file)).toBeNull();
  });

  it('rejects a file that is not valid with what is wrong', async () => {
    const error = await up(fileWith('apps:\n  - name: x\n')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidEcosystem);
    expect((error as InvalidEcosystem).diagnostics.length).toBeGreaterThan(0);
  });

  it('is typed', () => {
    expectTypeOf(validate).returns.resolves.toEqualTypeOf<readonly Diagnostic[]>();
    expectTypeOf(load).returns.resolves.toHaveProperty('desired').toEqualTypeOf<Desired | null>();
    expectTypeOf(plan).returns.toEqualTypeOf<Prediction[]>();
    expectTypeOf(up).returns.resolves.toEqualTypeOf<Running>();
    expectTypeOf(connect).returns.resolves.toEqualTypeOf<Client | null>();
    expectTypeOf<Client['call']>().toBeCallableWith('show', { target: 'api' });
    expectTypeOf<Operations['show']['result']>().toEqualTypeOf<AppDetails>();
    expectTypeOf<keyof Loaded>().toEqualTypeOf<
      'desired' | 'diagnostics' | 'text' | 'texts' | 'files' | 'environments'
    >();
    expectTypeOf<Running['session']['wait']>().returns.resolves.toEqualTypeOf<Outcome>();
    expectTypeOf<Running['session']['state']>().returns.resolves.toEqualTypeOf<State>();
  });
});
