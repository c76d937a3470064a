/** Several requests written at once on a kept connection, whose answers come in order. node:http cannot do that. */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, insist, patiently } from './tally.js';

/** Answered at once, and after a while. */
const PATHS = ['/', '/slow?ms=30', '/', '/'];
const PAUSE = 100;

export function pipelined(tally, { port }) {
  return Promise.all([keepSending(tally, port), keepSending(tally, port)]);
}

async function keepSending(tally, port) {
  let connection = null;
  while (!end.asked) {
    if (connection === null || connection.isOver) connection = new Connection(port);
    const mine = connection;
    await Promise.all(
      PATHS.map((path) => tally.count(() => patiently(mine.get(path), () => mine.destroy()))),
    );
    await sleep(PAUSE);
  }
  connection?.destroy();
}

class Connection {
  /** The server has said that this is its last answer, or is gone. */
  isOver = false;
  #socket;
  #text = '';
  #waiting = [];

  constructor(port) {
    this.#socket = net.connect(port, '127.0.0.1');
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => this.#hear(text));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('end', () => this.#fail(new Error('closed before the answer')));
    this.#socket.on('close', () => this.#fail(new Error('closed before the answer')));
  }

  async get(path) {
    const answer = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    // All of a batch go out as one piece.
    this.#socket.cork();
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    process.nextTick(() => this.#socket.uncork());
    const body = await answer;
    insist(JSON.parse(body).pid > 0, 'not its answer');
  }

  destroy() {
    this.#socket.destroy();
  }

  #hear(text) {
    this.#text += text;
    for (;;) {
      const head = /^HTTP\/1\.1 (\d+) .*?\r\n\r\n/s.exec(this.#text);
      if (head === null) return;
      const length = Number(/^content-length: (\d+)/im.exec(head[0])?.[1]);
      const body = this.#text.slice(head[0].length, head[0].length + length);
      if (body.length < length) return;
      this.#text = this.#text.slice(head[0].length + length);
      if (/^connection: close/im.test(head[0])) this.isOver = true;
      if (head[1] === '200') this.#waiting.shift()?.resolve(body);
      else this.#waiting.shift()?.reject(new Error(`status ${head[1]}`));
    }
  }

  #fail(error) {
    this.isOver = true;
    for (const { reject } of this.#waiting.splice(0)) reject(Object.assign(error, { kept: true }));
  }
}
