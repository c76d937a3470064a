/** What is shown while apps are on their way: live on a terminal, plain lines elsewhere, nothing when told so. */
import { describe, expect, test } from 'vitest';
import { background } from './support/command.ts';
import { hasTerminal, Terminal } from './support/terminal.ts';
import { run } from './support/supervisor.ts';
import { until } from './support/until.ts';

describe.runIf(hasTerminal)('on a terminal', () => {
  test('a line per app on its way stays below, and goes when it has arrived', async () => {
    const { place } = await background((text) => text.replace('./server.js', './late.js'));
    const terminal = new Terminal(place, ['reload', 'web', '-f', place.file]);
    await until('it begins', () => /web [█░]+ 0\/2 rolling/.test(terminal.raw));
    await until('it goes on', () => /web [█░]+ 1\/2 rolling/.test(terminal.raw));
    terminal.resize(20, 24);
    const { code, before, after, text } = await terminal.left();
    expect(code).toBe(0);
    expect(after).toBe(before);
    // Each drawing takes the one before it away: cursor up to its first line, and all below cleared.
    const drawn = text.match(/web [█░]+/g)?.length;
    expect(text.split('\x1b[1F\x1b[J')).toHaveLength(Number(drawn) + 1);
    expect(text.split('\x1b[J').at(-1)).toBe('cluster-up: converged');
  });

  test('colours, unless NO_COLOR says otherwise', async () => {
    const { place } = await background();
    const coloured = new Terminal(place, ['ls', '-f', place.file]);
    await coloured.left();
    expect(coloured.raw).toContain('\x1b[32monline');
    const plain = new Terminal(place, ['ls', '-f', place.file], { NO_COLOR: '1' });
    const { text } = await plain.left();
    expect(plain.raw).not.toContain('\x1b[');
    expect(text).toContain('online');
  });
});

describe('in a pipe', () => {
  test('plain lines, and with --silent only what goes wrong', async () => {
    const { place, command } = await background();
    const loud = await command('reload', 'web');
    expect(loud).toMatchObject({ code: 0, out: 'cluster-up: converged', err: '' });
    expect(await command('reload', 'web', '--silent')).toMatchObject({ code: 0, out: '', err: '' });
    const missing = await run(['reload', 'wbe', '--silent', '-f', place.file]);
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.err).toContain('no app "wbe"');
    expect(await command('down', '--silent')).toMatchObject({ code: 0, out: '', err: '' });
    expect(await command('up', '-d', '--silent')).toMatchObject({ code: 0, out: '', err: '' });
  });
});
