import { describe, expect, it } from 'vitest';
import { Ending, Lifecycle, next, type Move, type Phase } from '../../src/supervisor/lifecycle.ts';

const PHASES: readonly Phase[] = ['starting', 'running', 'ending', 'ended'];
const MOVES: readonly Move[] = ['started', 'end', 'gone'];

describe('the phases', () => {
  it('never go back', () => {
    for (const phase of PHASES)
      for (const move of MOVES) {
        const then = next(phase, move);
        if (then !== null) expect(PHASES.indexOf(then)).toBeGreaterThan(PHASES.indexOf(phase));
      }
  });

  it('end from any that is not the end, once', () => {
    expect(PHASES.map((phase) => next(phase, 'end'))).toEqual(['ending', 'ending', null, null]);
    expect(PHASES.map((phase) => next(phase, 'gone'))).toEqual([null, null, 'ended', null]);
  });

  it('do not run after an end that came while it started', () => {
    const lifecycle = new Lifecycle();
    expect([lifecycle.move('end'), lifecycle.move('started'), lifecycle.move('end')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([lifecycle.phase, lifecycle.isOver]).toEqual(['ending', true]);
  });
});

describe('what is asked for', () => {
  it('waits for the start', async () => {
    const lifecycle = new Lifecycle();
    const done: string[] = [];
    const work = lifecycle.whileRunning(() => void done.push('work'));
    await Promise.resolve();
    expect(done).toEqual([]);
    lifecycle.move('started');
    await work;
    expect(done).toEqual(['work']);
    expect(await lifecycle.whileRunning(() => 7)).toBe(7);
  });

  it('is not begun where the start becomes the end', async () => {
    const lifecycle = new Lifecycle();
    const work = lifecycle.whileRunning(() => expect.unreachable());
    lifecycle.move('end');
    await expect(work).rejects.toThrow(Ending);
    lifecycle.move('gone');
    await expect(lifecycle.whileRunning(() => 1)).rejects.toThrow('the supervisor is shutting down');
  });

  it('is cut short by the end, whatever would have come of it', async () => {
    const lifecycle = new Lifecycle();
    lifecycle.move('started');
    const { promise, resolve: finish } = withResolvers();
    const work = lifecycle.whileRunning(() => promise);
    lifecycle.move('end');
    finish('converged');
    await expect(work).rejects.toThrow(Ending);
  });

  it('fails as it fails', async () => {
    const lifecycle = new Lifecycle();
    lifecycle.move('started');
    await expect(lifecycle.whileRunning(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(lifecycle.move('end')).toBe(true);
  });
});

function withResolvers(): { promise: Promise<string>; resolve: (value: string) => void } {
  let resolve: ((value: string) => void) | undefined;
  const promise = new Promise<string>((done) => (resolve = done));
  return { promise, resolve: (value) => resolve?.(value) };
}
