/**
 * Clients of all protocols, in a process of its own so that nothing delays them. Reports its tallies over IPC, ten
 * times a second and at the end.
 */
import { clearInterval, setInterval } from 'node:timers';
import * as http1 from './http1.js';
import * as http2 from './http2.js';
import { pipelined } from './pipelined.js';
import * as sockets from './sockets.js';
import * as streams from './streams.js';
import { Tally, end } from './tally.js';

const at = JSON.parse(process.argv[2]);
const web = { port: at.http };

const clients = {
  'HTTP/1.1 keep-alive': [http1.keepAlive, web],
  'HTTP/1.1 new connection': [http1.fresh, web],
  'HTTP/1.1 pipelined': [pipelined, web],
  'chunked upload': [http1.upload, web],
  'chunked download': [http1.download, web],
  'slower than the reload': [http1.slow, web],
  'Expect: 100-continue': [http1.expectContinue, web],
  HTTPS: [http1.secure, { port: at.https }],
  'HTTP/2 TLS': [http2.secure, { port: at.http2 }],
  'HTTP/2 clear (h2c)': [http2.clear, { port: at.h2c }],
  'Server-Sent Events': [streams.serverSentEvents, web],
  WebSocket: [streams.webSocket, web],
  'plain TCP': [sockets.tcp, { port: at.tcp }],
  'half-open TCP': [sockets.halfOpen, { port: at.halfOpen }],
  'unix socket': [http1.unixSocket, { socketPath: at.socket }],
  UDP: [sockets.udp, { port: at.udp }],
};

const tallies = Object.fromEntries(Object.keys(clients).map((protocol) => [protocol, new Tally()]));
const report = setInterval(() => process.send({ tallies }), 100);
process.on('message', () => (end.asked = true));
process.on('disconnect', () => process.exit());

await Promise.all(Object.entries(clients).map(([protocol, [run, to]]) => run(tallies[protocol], to)));
clearInterval(report);
process.send({ tallies, done: true }, () => process.exit());
