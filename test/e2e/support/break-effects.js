// Preloaded into a supervisor: what the file BREAK names is thrown by, for as long as it names it. At the real last
// line of each effect, so that whatever calls it has to bear it; in workers and other commands it does nothing.
import { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { isSupervisor, unbroken } from './unbroken.js';

const { existsSync, readFileSync, appendFileSync } = fs;

const broken = unbroken((effect) => {
  const { BREAK } = process.env;
  if (!existsSync(BREAK) || readFileSync(BREAK, 'utf8') !== effect) return false;
  appendFileSync(`${BREAK}.tries`, `${effect}\n`);
  return true;
});

function breakAll(object, names, effect, error) {
  for (const name of names) {
    const original = object[name];
    object[name] = function (...args) {
      if (broken(effect)) throw error(name);
      return original.apply(this, args);
    };
  }
}

if (isSupervisor) {
  const failure = (code) => (call) =>
    Object.assign(new Error(`${code}: injected, ${call}`), { code, errno: -5, syscall: call });
  const spawn = ChildProcess.prototype.spawn;
  ChildProcess.prototype.spawn = function (...args) {
    if (broken('spawn')) throw failure('ENOMEM')('spawn');
    const result = spawn.apply(this, args);
    const { send } = this;
    if (send !== undefined)
      this.send = function (...message) {
        if (broken('send')) throw failure('EINVAL')('send');
        return send.apply(this, message);
      };
    return result;
  };
  breakAll(process, ['kill'], 'kill', failure('EAGAIN'));
  breakAll(ChildProcess.prototype, ['kill'], 'kill', failure('EAGAIN'));
  breakAll(net, ['_createServerHandle'], 'bind', failure('ENOBUFS'));
  breakAll(process.stdout, ['write'], 'print', failure('EIO'));
  const writes = [
    'appendFileSync',
    'writeFileSync',
    'mkdirSync',
    'renameSync',
    'rmSync',
    'unlinkSync',
    'utimesSync',
  ];
  breakAll(fs, writes, 'write', failure('ENOSPC'));
  // As where the user has no watches of inotify left.
  breakAll(fs, ['watch'], 'watch', failure('ENOSPC'));
  breakAll(
    fs,
    ['readFileSync', 'readdirSync', 'openSync', 'statSync', 'lstatSync'],
    'read',
    failure('EMFILE'),
  );
  for (const name of ['open', 'readFile', 'readdir', 'stat', 'lstat', 'mkdir', 'rename']) {
    const original = fs.promises[name];
    fs.promises[name] = function (...args) {
      return broken('read') ? Promise.reject(failure('EMFILE')(name)) : original.apply(this, args);
    };
  }
  syncBuiltinESMExports();
}
