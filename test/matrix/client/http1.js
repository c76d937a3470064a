/** HTTP/1.1, with and without TLS, over TCP and over a unix socket. */
import { Buffer } from 'node:buffer';
import http from 'node:http';
import https from 'node:https';
import { setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE, insist, lanes } from './tally.js';

const CHUNK = Buffer.alloc(1000, 'x');
const CHUNKS = 6;
const PAUSE = 40;

/** Longer than replacing all workers takes. */
const SLOW = 2500;

export function keepAlive(tally, { port }) {
  return lanes(4, tally, 100, () => plain({ port, agent: alive() }));
}

export function fresh(tally, { port }) {
  return lanes(4, tally, 100, () => plain({ port, agent: false }));
}

export function secure(tally, { port }) {
  const tls = { port, rejectUnauthorized: false };
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  return lanes(2, tally, 100, (i) => plain({ ...tls, agent: i === 0 ? agent : false }, https));
}

export function unixSocket(tally, { socketPath }) {
  return lanes(2, tally, 100, (i) => plain({ socketPath, agent: i === 0 ? alive() : false }));
}

/** Six of them, so that some are always in flight. */
export function slow(tally, { port }) {
  return lanes(6, tally, SLOW, () => plain({ port, agent: false, path: `/slow?ms=${SLOW}` }));
}

export function download(tally, { port }) {
  return lanes(3, tally, 0, (i) => async () => {
    const body = await request(http, { port, path: '/download', agent: i === 0 ? alive() : false });
    insist(body.length === CHUNKS * CHUNK.length, `${body.length} bytes`);
  });
}

export function upload(tally, { port }) {
  return lanes(3, tally, 0, (i) => async () => {
    const options = { port, path: '/upload', method: 'POST', agent: i === 0 ? alive() : false };
    const body = await request(http, options, async (req) => {
      for (let sent = 0; sent < CHUNKS; sent++) {
        req.write(CHUNK);
        await sleep(PAUSE);
      }
      req.end();
    });
    insist(Number(body) === CHUNKS * CHUNK.length, `${body} bytes arrived`);
  });
}

/** The body follows only once the server has asked for it. */
export function expectContinue(tally, { port }) {
  return lanes(3, tally, 100, (i) => {
    const agent = i === 0 ? alive() : false;
    const headers = { Expect: '100-continue', 'Content-Length': CHUNK.length };
    return async () => {
      const options = { port, path: '/upload', method: 'POST', headers, agent };
      const body = await request(http, options, (req) => {
        req.flushHeaders();
        req.on('continue', () => setTimeout(() => req.end(CHUNK), PAUSE));
      });
      insist(Number(body) === CHUNK.length, `${body} bytes arrived`);
    };
  });
}

function plain(options, protocol = http) {
  return async () => insist(JSON.parse(await request(protocol, options)).pid > 0, 'not its answer');
}

function alive() {
  return new http.Agent({ keepAlive: true, maxSockets: 1 });
}

function request(protocol, options, send = (req) => req.end()) {
  const host = options.socketPath === undefined ? { host: '127.0.0.1' } : {};
  return new Promise((resolve, reject) => {
    const req = protocol.request({ ...host, timeout: PATIENCE, ...options }, (res) => {
      let body = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => (body += chunk));
      res.on('error', reject);
      res.on('end', () => {
        if (!res.complete) reject(new Error('incomplete'));
        else if (res.statusCode !== 200) reject(new Error(`status ${res.statusCode}`));
        else resolve(body);
      });
    });
    req.on('timeout', () => req.destroy(new Error('timeout')));
    req.on('error', (error) => reject(Object.assign(error, { kept: req.reusedSocket })));
    send(req);
  });
}
