/** What is no HTTP: lines over TCP, half-open TCP, datagrams. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, insist, lanes, patiently } from './tally.js';

const LINES = 5;
const PAUSE = 50;

/** A conversation of some lines is one request. */
export function tcp(tally, { port }) {
  return lanes(3, tally, 0, () => () => {
    const socket = net.connect(port, '127.0.0.1');
    return patiently(converse(socket), () => socket.destroy());
  });
}

async function converse(socket) {
  let heard = '';
  let isOver = false;
  socket.setEncoding('utf8');
  socket.on('data', (text) => (heard += text));
  socket.on('end', () => (isOver = true));
  const failed = once(socket, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  await Promise.race([once(socket, 'connect'), failed]);
  for (let line = 0; line < LINES; line++) {
    socket.write(`${line}\n`);
    await Promise.race([sleep(PAUSE), failed]);
    insist(!isOver, 'ended in the middle');
  }
  socket.end();
  await Promise.race([once(socket, 'close'), failed]);
  insist(heard === '0\n1\n2\n3\n4\n', `heard ${JSON.stringify(heard)}`);
}

/** Says what it has to say, closes its half, and then is answered. */
export function halfOpen(tally, { port }) {
  return lanes(3, tally, 100, () => () => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    return patiently(askAndClose(socket), () => socket.destroy());
  });
}

function askAndClose(socket) {
  return new Promise((resolve, reject) => {
    let heard = '';
    socket.setEncoding('utf8');
    socket.end('question');
    socket.on('data', (text) => (heard += text));
    socket.on('error', reject);
    socket.on('end', () => {
      if (/^question \{.*\}$/.test(heard)) resolve();
      else reject(new Error(`heard ${JSON.stringify(heard)}`));
    });
  });
}

/** Longest wait for the answer to a datagram, in ms; on the loopback interface none is lost on its way. */
const SILENCE = 5000;

/** Datagrams go out whether those before them are answered or not. */
export async function udp(tally, { port }) {
  const socket = dgram.createSocket('udp4');
  const waiting = new Map();
  const all = [];
  socket.on('message', (message) => waiting.get(String(message))?.());
  // A refused datagram is told here, not to whom it was sent for: its answer does not come.
  socket.on('error', () => {});
  const ask = () =>
    new Promise((resolve, reject) => {
      const id = String(all.length);
      const timer = setTimeout(() => reject(new Error('no answer')), SILENCE);
      waiting.set(id, () => {
        waiting.delete(id);
        clearTimeout(timer);
        resolve();
      });
      socket.send(id, port, '127.0.0.1');
    });
  while (!end.asked) {
    all.push(tally.count(ask));
    await sleep(PAUSE / 2);
  }
  await Promise.all(all);
  socket.close();
}
