// Preloaded into a supervisor: the call into the system that the file BREAK names fails, for as long as it names it. Each
// call that is made while it names a round, such as "round1", is written into BREAK.round1, once. In workers and other
// commands it does nothing.
import { ChildProcess } from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import { isSupervisor, unbroken } from './unbroken.js';

const { appendFileSync, readFileSync } = fs;

/** What asks no system, or what the loader of modules cannot do without. */
const LEFT = new Set([
  'existsSync',
  'Stats',
  'Dirent',
  'Dir',
  'FileReadStream',
  'FileWriteStream',
  'ReadStream',
  'WriteStream',
]);

const made = new Set();

const isBroken = unbroken((name) => {
  const { BREAK } = process.env;
  try {
    const named = readFileSync(BREAK, 'utf8');
    if (named.startsWith('round') && !made.has(`${named} ${name}`)) {
      made.add(`${named} ${name}`);
      appendFileSync(`${BREAK}.${named}`, `${name}\n`);
    }
    if (named !== name) return false;
    appendFileSync(`${BREAK}.failed`, `${name}\n`);
    return true;
  } catch {
    return false;
  }
});

const failure = (name) =>
  Object.assign(new Error(`EIO: injected, ${name}`), { code: 'EIO', errno: -5, syscall: name });

/** `fails` says what becomes of a call that fails. */
function wrap(object, key, name, fails) {
  const original = object[key];
  object[key] = function (...args) {
    return isBroken(name) ? fails(name, args, this) : original.apply(this, args);
  };
  // What is beside it, such as fs.realpath.native.
  Object.assign(object[key], original);
}

const throws = (name) => {
  throw failure(name);
};
const rejects = (name) => Promise.reject(failure(name));
const calls = (name, args) => {
  const done = args.findLast((arg) => typeof arg === 'function');
  if (done === undefined) throw failure(name);
  process.nextTick(done, failure(name));
};

if (isSupervisor) {
  for (const [key, value] of Object.entries(fs)) {
    if (typeof value !== 'function' || LEFT.has(key) || key.startsWith('_')) continue;
    const isAsynchronous = typeof fs[`${key}Sync`] === 'function';
    wrap(fs, key, `fs.${key}`, isAsynchronous ? calls : throws);
  }
  for (const [key, value] of Object.entries(fs.promises))
    if (typeof value === 'function') wrap(fs.promises, key, `fs.promises.${key}`, rejects);
  for (const key of ['spawn', 'kill', 'send']) wrap(ChildProcess.prototype, key, `child.${key}`, throws);
  for (const key of ['userInfo', 'networkInterfaces', 'cpus', 'tmpdir', 'homedir'])
    wrap(os, key, `os.${key}`, throws);
  wrap(process, 'kill', 'process.kill', throws);
  wrap(process.stdout, 'write', 'stdout.write', throws);
  wrap(dns, 'lookup', 'dns.lookup', calls);
  wrap(net, '_createServerHandle', 'net.bind', throws);
  const later = (name, _args, self) => {
    process.nextTick(() => self.emit('error', failure(name)));
    return self;
  };
  wrap(net.Socket.prototype, 'connect', 'net.connect', later);
  wrap(net.Server.prototype, 'listen', 'net.listen', later);
  syncBuiltinESMExports();
}
