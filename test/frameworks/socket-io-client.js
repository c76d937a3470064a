/**
 * Four clients of Socket.IO over WebSocket that ask ten times a second each. When the server says that it goes, they
 * connect again; a connection that breaks without that is a loss, and so is a question that nobody acknowledges.
 * Usage: socket-io-client.js PORT FOLDER-OF-PACKAGES
 */
import { createRequire } from 'node:module';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, packages] = process.argv.slice(2);
const { io } = createRequire(`${packages}/`)('socket.io-client');

const lost = [];
let asked = 0;
let stopping = false;

async function client() {
  // Without long polling, which would need all requests of a client to meet the same worker.
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false });
  let isOver = false;
  socket.on('disconnect', (reason, details) => {
    if (reason === 'io client disconnect') return;
    // `io.close()` closes the WebSocket in its orderly way; 1006 is one that just broke.
    const code = details?.context?.code ?? 1006;
    if (code === 1006) lost.push(`${reason} ${code}`);
    isOver = true;
  });
  socket.on('connect_error', (error) => {
    lost.push(error.message);
    isOver = true;
  });
  while (!stopping && !isOver) {
    if (socket.connected) await ask(socket, () => isOver);
    await sleep(100);
  }
  socket.disconnect();
}

async function ask(socket, isOver) {
  asked++;
  try {
    await socket.timeout(5000).emitWithAck('who');
  } catch (error) {
    // What crosses the server's goodbye on its way is not lost unnoticed: the client knows at once.
    if (!isOver()) lost.push(error.message);
  }
}

const report = setInterval(() => process.send({ asked, lost, isLast: false }), 100);
process.on('message', () => (stopping = true));
process.on('disconnect', () => process.exit());
await Promise.all(
  Array.from({ length: 4 }, async () => {
    while (!stopping) await client();
  }),
);
clearInterval(report);
process.send({ asked, lost, isLast: true }, () => process.exit());
