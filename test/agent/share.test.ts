/** A worker's part of the connections: what it counts and tells, when it pauses, and how it looks into the queue. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OpenCount } from '../../src/agent/open-count.cts';
import { PauseBudget } from '../../src/agent/pause-budget.cts';
import { QueuePeek } from '../../src/agent/queue-peek.cts';
import { Share } from '../../src/agent/share.cts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The event loop comes round; an immediate that another one sets comes 1 ms later on this clock. */
const turn = (): unknown => vi.advanceTimersByTime(1);

describe('the count that is told', () => {
  const counting = () => {
    const send = vi.fn();
    const count = new OpenCount(send);
    const change = (by: number): void => {
      for (let i = 0; i < Math.abs(by); i++) count.change(Math.sign(by));
    };
    return { send, count, change };
  };

  test('only a clear change', () => {
    const { send, count, change } = counting();
    change(4);
    vi.advanceTimersByTime(1000);
    expect([send.mock.calls, count.open]).toEqual([[], 4]);
    change(1);
    expect(send.mock.calls).toEqual([[5]]);
  });

  test('of many, a tenth', () => {
    const { send, count, change } = counting();
    change(200);
    vi.advanceTimersByTime(50);
    expect(send).toHaveBeenLastCalledWith(200);
    change(-20);
    vi.advanceTimersByTime(1000);
    expect(send).toHaveBeenLastCalledWith(200);
    change(-1);
    expect(send).toHaveBeenLastCalledWith(count.open);
  });

  test('not more often than every 50 ms, and then as it is by then', () => {
    const { send, change } = counting();
    change(25);
    expect(send.mock.calls).toEqual([[5]]);
    vi.advanceTimersByTime(49);
    expect(send).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(send.mock.calls).toEqual([[5], [25]]);
  });

  test('not at all if it has gone back by then', () => {
    const { send, change } = counting();
    change(25);
    change(-20);
    vi.advanceTimersByTime(1000);
    expect(send.mock.calls).toEqual([[5]]);
  });

  test('what another message has told is told', () => {
    const { send, count, change } = counting();
    change(4);
    expect(count.told()).toBe(4);
    change(4);
    vi.advanceTimersByTime(1000);
    expect(send).not.toHaveBeenCalled();
  });
});

describe('the budget of pauses', () => {
  /** How many it allows in a row. */
  const inARow = (budget: PauseBudget, now: number): number => {
    let pauses = 0;
    for (; budget.allows(now); pauses++) budget.paused(now);
    return pauses;
  };

  test('32 in a row, and then 20 a second', () => {
    const budget = new PauseBudget();
    expect(inARow(budget, 0)).toBe(32);
    expect([budget.allows(49), budget.allows(50)]).toEqual([false, true]);
    expect(inARow(budget, 550)).toBe(11);
    expect(inARow(budget, 60_000)).toBe(32);
  });

  test('one that its own connections end at once was for nothing: none for 100 ms, then 200, up to 2 s', () => {
    const budget = new PauseBudget();
    const waits = [100, 200, 400, 800, 1600, 2000, 2000];
    let now = 0;
    for (const wait of waits) {
      budget.paused(now);
      budget.endedByItself((now += 999));
      expect([budget.allows(now + wait - 1), budget.allows(now + wait)]).toEqual([false, true]);
      now += wait;
    }
  });

  test('one that was long is none of these', () => {
    const budget = new PauseBudget();
    budget.paused(0);
    budget.endedByItself(1000);
    expect(budget.allows(1000)).toBe(true);
  });

  test('one that was of use makes up for those before', () => {
    const budget = new PauseBudget();
    budget.wasForNothing(0);
    budget.wasForNothing(0);
    budget.wasOfUse();
    budget.wasForNothing(1000);
    expect([budget.allows(1099), budget.allows(1100)]).toEqual([false, true]);
  });
});

describe('the look into the queue', () => {
  const peeking = () => {
    const began = vi.fn();
    const ended = vi.fn();
    return { began, ended, peek: new QueuePeek({ began, ended }) };
  };

  test('nobody is there: after 250 ms, then after twice as long, at most a second', () => {
    const { began, ended, peek } = peeking();
    for (const [i, wait] of [250, 500, 1000, 1000].entries()) {
      peek.schedule(i === 0);
      vi.advanceTimersByTime(wait - 1);
      expect(began).toHaveBeenCalledTimes(i);
      vi.advanceTimersByTime(1);
      expect([began.mock.calls.length, peek.isUnderWay]).toEqual([i + 1, true]);
      turn();
      turn();
      expect([ended.mock.calls.length, peek.isUnderWay]).toEqual([i + 1, false]);
    }
    expect(ended.mock.calls).toEqual([[false], [false], [false], [false]]);
  });

  test('somebody is there: four are taken, and soon there is another look', () => {
    const { began, ended, peek } = peeking();
    peek.schedule(true);
    vi.advanceTimersByTime(250);
    for (let i = 0; i < 3; i++) peek.took();
    expect(ended).not.toHaveBeenCalled();
    peek.took();
    turn();
    turn();
    expect(ended.mock.calls).toEqual([[false]]);
    peek.schedule(false);
    vi.advanceTimersByTime(20);
    expect(began).toHaveBeenCalledTimes(2);
    peek.took();
    turn();
    turn();
    expect(ended.mock.calls).toEqual([[false], [true]]);
  });

  test('none once the pause is over', () => {
    const { began, peek } = peeking();
    peek.schedule(true);
    peek.cancel();
    vi.advanceTimersByTime(10_000);
    expect(began).not.toHaveBeenCalled();
  });
});

describe('the share', () => {
  function sharing() {
    const handle = {
      isPaused: false,
      copies: 2,
      pause: () => {
        if (handle.isPaused || handle.copies === 0) return false;
        handle.copies -= 1;
        return (handle.isPaused = true);
      },
      resume: () => void (handle.isPaused = false),
      keepCopy: () => void (handle.copies += 1),
    };
    const send = vi.fn();
    const share = new Share('socket 1', handle, send);
    const open = (n: number): void => {
      for (let i = 0; i < n; i++) share.opened();
    };
    const close = (n: number): void => {
      for (let i = 0; i < n; i++) share.closed();
    };
    return { handle, send, share, open, close };
  }

  test('no limit, no pause', () => {
    const { handle, open } = sharing();
    open(1000);
    expect(handle.isPaused).toBe(false);
  });

  test('above the limit it pauses and says how many there are; clearly below it goes on', () => {
    const { handle, send, share, open, close } = sharing();
    share.limit(20);
    open(20);
    expect(handle.isPaused).toBe(false);
    open(1);
    expect(handle.isPaused).toBe(true);
    expect(send).toHaveBeenLastCalledWith({ act: 'paused', key: 'socket 1', open: 21 });
    close(2);
    expect(handle.isPaused).toBe(true);
    close(1);
    expect(handle.isPaused).toBe(false);
  });

  test('a higher limit, or none, ends the pause', () => {
    const { handle, share, open } = sharing();
    share.limit(20);
    open(21);
    share.limit(20);
    expect(handle.isPaused).toBe(true);
    share.limit(21);
    expect(handle.isPaused).toBe(false);
    open(1);
    expect(handle.isPaused).toBe(true);
    share.limit(null);
    expect(handle.isPaused).toBe(false);
  });

  test('without a copy of the socket it goes on until one comes', () => {
    const { handle, share, open } = sharing();
    handle.copies = 0;
    share.limit(20);
    open(25);
    expect(handle.isPaused).toBe(false);
    share.keepCopy({} as never);
    expect(handle.isPaused).toBe(true);
  });

  test('short connections: a pause that ended at once is not followed by the next', () => {
    const { handle, share, open, close } = sharing();
    share.limit(20);
    open(21);
    close(3);
    open(3);
    expect(handle.isPaused).toBe(false);
    vi.advanceTimersByTime(100);
    open(1);
    expect(handle.isPaused).toBe(true);
  });

  test('in a pause it looks into the queue and pauses again, unless people wait there time and again', () => {
    const { handle, share, open } = sharing();
    handle.copies = 10;
    share.limit(20);
    open(21);
    vi.advanceTimersByTime(250);
    expect(handle.isPaused).toBe(false);
    open(4);
    expect(handle.isPaused).toBe(true);
    vi.advanceTimersByTime(20);
    open(4);
    expect(handle.isPaused).toBe(false);
    vi.advanceTimersByTime(99);
    open(1);
    expect(handle.isPaused).toBe(false);
    vi.advanceTimersByTime(1);
    open(1);
    expect(handle.isPaused).toBe(true);
  });

  test('a pause that is over is not looked at any more', () => {
    const { handle, share, open } = sharing();
    share.limit(20);
    open(21);
    const resume = vi.spyOn(handle, 'resume');
    share.limit(null);
    vi.advanceTimersByTime(10_000);
    expect(resume).toHaveBeenCalledTimes(1);
  });
});
