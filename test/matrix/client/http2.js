/** HTTP/2 with and without TLS: streams, quick ones and slow ones together, on sessions that are kept. */
import http2 from 'node:http2';
import { Refused, insist, lanes, patiently } from './tally.js';

const { NGHTTP2_REFUSED_STREAM } = http2.constants;

export function secure(tally, { port }) {
  return streams(tally, `https://127.0.0.1:${port}`);
}

export function clear(tally, { port }) {
  return streams(tally, `http://127.0.0.1:${port}`);
}

/** Two sessions, each with a lane of quick and a lane of slow streams. */
async function streams(tally, url) {
  const sessions = [new Session(url), new Session(url)];
  await Promise.all([
    lanes(2, tally, 60, (i) => () => sessions[i].get('/')),
    lanes(2, tally, 60, (i) => () => sessions[i].get('/slow?ms=250')),
  ]);
  for (const session of sessions) session.close();
}

class Session {
  #url;
  #session = null;

  constructor(url) {
    this.#url = url;
  }

  async get(path) {
    const body = await patiently(stream(this.#open(), path));
    insist(JSON.parse(body).pid > 0, 'not its answer');
  }

  close() {
    this.#session?.close();
  }

  /** The session, or the next one where the server has said that it takes no more streams on this one. */
  #open() {
    if (this.#session?.isOver !== false) this.#session = connect(this.#url);
    return this.#session;
  }
}

function connect(url) {
  const session = http2.connect(url, { rejectUnauthorized: false });
  session.isOver = false;
  session.lastStream = Infinity;
  session.on('goaway', (code, lastStream) => {
    session.isOver = true;
    session.lastStream = lastStream;
  });
  session.on('close', () => (session.isOver = true));
  // Its streams have the same error.
  session.on('error', () => (session.isOver = true));
  return session;
}

function stream(session, path) {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': path });
    let body = '';
    let status = 0;
    request.setEncoding('utf8');
    request.on('response', (headers) => (status = headers[':status']));
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (status === 200) resolve(body);
    });
    request.on('error', (error) => {
      const isUnprocessed = request.rstCode === NGHTTP2_REFUSED_STREAM || request.id > session.lastStream;
      reject(isUnprocessed ? new Refused() : Object.assign(error, { kept: true }));
    });
    // Without an error, when it was reset with NO_ERROR; after the end this changes nothing.
    request.on('close', () =>
      reject(Object.assign(new Error(`closed with status ${status}`), { kept: true })),
    );
  });
}
