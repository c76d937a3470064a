/** `source.archive`: its sum, and what of it is never written. */
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SourceSpec } from '../../src/model/source.ts';
import { everything, failure, prepared, put, releasesIn, scene, sourceOf, sumOf, tar } from './support.ts';

const archived = (address: string, sha256: string): SourceSpec =>
  sourceOf({ kind: 'archive', address, sha256 });

describe('what is right', () => {
  test.each([
    ['shop-1.2.tar', []],
    ['shop-1.2.tgz', ['-z']],
    ['old.tar', ['--format=v7']],
    ['pax.tar', ['--format=pax']],
    ['gnu.tar', ['--format=gnu']],
  ])('%s', async (name, options) => {
    const folder = scene();
    const code = path.join(folder, 'code');
    const long = options[0] === '--format=v7' ? 'short' : `${'long/'.repeat(40)}é`;
    put(code, { 'bin/run': '#!/bin/sh\n', [`lib/${long}`]: 'x'.repeat(1500), empty: '' });
    execFileSync('chmod', ['755', path.join(code, 'bin/run')]);
    symlinkSync('../lib', path.join(code, 'bin/lib'));
    const file = path.join(folder, name);
    const sum = tar(code, file, ...options, '.');
    const release = await prepared(releasesIn(folder), archived(file, sum));
    expect(everything(release.folder)).toEqual(everything(code));
    expect(readFileSync(path.join(release.folder, 'lib', long), 'utf8')).toBe('x'.repeat(1500));
    expect(readlinkSync(path.join(release.folder, 'bin/lib'))).toBe('../lib');
    expect(lstatSync(path.join(release.folder, 'bin/run')).mode & 0o111).not.toBe(0);
    expect(release).toMatchObject({ id: sum.slice(0, 8), version: sum, label: name });
  });

  test('a hard link is the same file', async () => {
    const folder = scene();
    put(path.join(folder, 'code'), { a: '1' });
    execFileSync('ln', ['a', 'b'], { cwd: path.join(folder, 'code') });
    const file = path.join(folder, 'a.tar');
    const sum = tar(path.join(folder, 'code'), file);
    const release = await prepared(releasesIn(folder), archived(file, sum));
    expect(lstatSync(path.join(release.folder, 'a')).nlink).toBe(2);
  });

  test('of a web server, with a password that no message shows', async () => {
    const folder = scene();
    put(path.join(folder, 'code'), { a: '1' });
    const sum = tar(path.join(folder, 'code'), path.join(folder, 'a.tgz'), '-z', '.');
    const server = createServer((request, response) => {
      const isKnown = request.headers.authorization === `Basic ${btoa('user:t0ken123')}`;
      response.statusCode = isKnown ? 200 : 401;
      response.end(isKnown ? readFileSync(path.join(folder, 'a.tgz')) : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const releases = releasesIn(folder);
    const right = await prepared(releases, archived(`http://user:t0ken123@127.0.0.1:${port}/a.tgz`, sum));
    expect(everything(right.folder)).toEqual(['a']);
    const wrong = archived(`http://user:wrong999@127.0.0.1:${port}/b.tgz?key=k3y`, 'ab'.repeat(32));
    expect((await failure(prepared(releases, wrong))).message).toBe(
      `http://***@127.0.0.1:${port}/b.tgz?*** answered with 401. Check the address, and who may read it.`,
    );
  });
});

/** The blocks of a member with this name and type, as no honest program makes them. */
function member(name: string, type: string, target = '', content = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

describe('what is refused before anything is written', () => {
  const first = member('a.txt', '0', '', 'x');
  const pax = (record: string): Buffer => {
    const digits = String(record.length + 4).length;
    return member('x', 'x', '', `${record.length + digits + 2} ${record}\n`);
  };

  test.each<[string, Buffer[], string]>([
    ['an absolute name', [member('/etc/x', '0')], 'is outside of the folder'],
    ['a way up', [member('a/../../x', '0')], 'is outside of the folder'],
    ['an absolute link', [member('l', '2', '/etc')], 'is a link out of the folder'],
    ['a link up', [member('d/l', '2', '../../x')], 'is a link out of the folder'],
    ['a link up by way of another', [member('l', '2', 'd/../..')], 'is a link out of the folder'],
    ['a file below a link', [member('l', '2', 'd'), member('l/x', '0')], 'is below a link'],
    ['a file below a file', [member('a.txt/x', '0')], 'is below a file'],
    ['a hard link out', [member('h', '1', '../x')], 'is a link to no file of the archive'],
    ['a hard link to a link', [member('l', '2', 'a.txt'), member('h', '1', 'l')], 'is a link to no file'],
    ['a device', [member('d', '3')], 'which is no file, folder or link'],
    ['a name that a header hides', [pax('path=../../x'), member('b', '0')], 'is outside of the folder'],
    ['a target that a header hides', [pax('linkpath=/etc'), member('b', '2', 'a')], 'is a link out of'],
  ])('%s', async (_, members, why) => {
    const folder = scene();
    const file = path.join(folder, 'bad.tgz');
    writeFileSync(file, gzipSync(Buffer.concat([first, ...members, Buffer.alloc(1024)])));
    const { message } = await failure(prepared(releasesIn(folder), archived(file, sumOf(file))));
    expect(message).toContain('bad.tgz has `');
    expect(message).toContain(why);
    expect(everything(path.join(folder, 'releases')).filter((name) => !name.endsWith('/'))).toEqual([]);
  });

  test('another sum, and no such archive', async () => {
    const folder = scene();
    const file = path.join(folder, 'a.tgz');
    writeFileSync(file, 'x');
    const releases = releasesIn(folder);
    const other = archived(file, 'ab'.repeat(32));
    expect((await failure(prepared(releases, other))).message).toBe(
      `a.tgz is another archive than the one that is meant: its sum is ${sumOf(file)}. Check it, and write that into \`source.sha256\` if it is right.`,
    );
    const none = archived(path.join(folder, 'none.tgz'), 'ab'.repeat(32));
    expect((await failure(prepared(releases, none))).message).toBe(
      `Reading the archive ${folder}/none.tgz failed: there is no ${folder}/none.tgz.`,
    );
    const elsewhere = archived('s3://x/a.tgz', 'ab'.repeat(32));
    expect((await failure(prepared(releases, elsewhere))).message).toMatch(/is no address that is read/);
  });

  test('what is no tar, or not whole', async () => {
    const folder = scene();
    const releases = releasesIn(folder);
    const said = async (content: Buffer | string): Promise<string> => {
      const file = path.join(folder, 'x.tgz');
      writeFileSync(file, content);
      return (await failure(prepared(releases, archived(file, sumOf(file))))).message;
    };
    expect(await said('PK..')).toBe('x.tgz is compressed with zip. Make it a `tar` or `tgz`.');
    expect(await said('plain text')).toMatch(/^x\.tgz is no whole tar file\./);
    expect(await said(Buffer.alloc(600, 1))).toMatch(/^x\.tgz is no whole tar file\./);
    expect(await said(first.subarray(0, 512))).toMatch(/^x\.tgz is no whole tar file\./);
    expect(await said(gzipSync(first).subarray(0, 30))).toMatch(/^x\.tgz is damaged: /);
  });

  test('the folder of the archive cannot be read', async () => {
    const folder = scene();
    mkdirSync(path.join(folder, 'file'));
    const { message } = await failure(
      prepared(releasesIn(folder), archived(path.join(folder, 'file'), 'ab'.repeat(32))),
    );
    expect(message).toMatch(/^Reading the archive .* failed: /);
  });
});

test('of two archives that differ in their versions, the releases are of one source', async () => {
  const folder = scene();
  put(path.join(folder, 'code'), { a: '1' });
  const one = path.join(folder, 'shop-1.9.0.tar');
  const two = path.join(folder, 'shop-1.10.0.tar');
  const first = archived(one, tar(path.join(folder, 'code'), one));
  put(path.join(folder, 'code'), { a: '2' });
  const second = archived(two, tar(path.join(folder, 'code'), two));
  truncateSync(one, 10_240);
  const releases = releasesIn(folder);
  await prepared(releases, first);
  await prepared(releases, second);
  expect(releases.list(second).map(({ label }) => label)).toEqual(['shop-1.10.0.tar', 'shop-1.9.0.tar']);
});
