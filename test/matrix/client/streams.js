/**
 * Connections that have no end of their own: Server-Sent Events and WebSocket. One that ends in an orderly way, as the
 * protocol has it, is opened again and is no failure; any other end is one.
 */
import http from 'node:http';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { WebSocket } from 'ws';
import { PATIENCE, Refused, end } from './tally.js';

const STREAMS = 4;
const PAUSE = 100;

/** Each event is a request, answered; so is each stream that does not end as it should, failed. */
export function serverSentEvents(tally, { port }) {
  return keep(() => new Promise((resolve) => listen(tally, port, resolve)));
}

/** Each message is a request, answered by its echo. */
export function webSocket(tally, { port }) {
  return keep(() => new Promise((resolve) => converse(tally, port, resolve)));
}

function keep(open) {
  const forEver = async () => {
    while (!end.asked) await open();
  };
  return Promise.all(Array.from({ length: STREAMS }, forEver));
}

function listen(tally, port, over) {
  const begun = Date.now();
  let isOver = false;
  let expected = 0;
  const finish = (error) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(silence);
    clearInterval(stopping);
    req.destroy();
    if (error !== null) void tally.count(() => Promise.reject(error), begun);
    over();
  };
  const silence = setTimeout(() => finish(new Error('timeout')), PATIENCE);
  const stopping = setInterval(() => end.asked && finish(null), 50);
  const req = http.get({ host: '127.0.0.1', port, path: '/events', agent: false }, (res) => {
    let text = '';
    res.setEncoding('utf8');
    res.on('data', (chunk) => {
      silence.refresh();
      const parts = (text + chunk).split('\n\n');
      text = parts.pop();
      for (const part of parts) hear(part);
    });
    res.on('end', () => finish(res.complete ? null : new Error('ended in the middle')));
    res.on('error', finish);
  });
  req.on('error', finish);
  const hear = (event) => {
    const id = /^id: (\d+)/.exec(event);
    if (id === null) return;
    expected += 1;
    if (Number(id[1]) === expected) void tally.count(() => Promise.resolve());
    else finish(new Error(`event ${id[1]} instead of ${expected}`));
  };
}

function converse(tally, port, over) {
  const begun = Date.now();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const waiting = new Map();
  let sent = 0;
  let error = null;
  const ask = () => {
    if (end.asked) return socket.close(1000);
    const text = String(sent++);
    void tally.count(() => new Promise((resolve, reject) => waiting.set(text, { resolve, reject })));
    socket.send(text);
  };
  const timers = [setTimeout(() => socket.terminate(), PATIENCE)];
  socket.on('open', () => timers.push(setInterval(ask, PAUSE)));
  socket.on('message', (data) => {
    timers[0].refresh();
    waiting.get(String(data))?.resolve();
    waiting.delete(String(data));
  });
  socket.on('error', (problem) => (error = problem));
  socket.on('close', (code) => {
    timers.forEach((timer) => clearInterval(timer));
    // 1001, "going away", and its likes: what crossed it on the way was not looked at by the app.
    const isOrderly = [1000, 1001, 1012].includes(code);
    const problem = isOrderly ? new Refused() : (error ?? new Error(`closed with ${code}`));
    if (!isOrderly && waiting.size === 0) void tally.count(() => Promise.reject(problem), begun);
    for (const { reject } of waiting.values()) reject(Object.assign(problem, { kept: true }));
    over();
  });
}
