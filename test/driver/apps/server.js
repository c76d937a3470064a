// Answers who it is; the address is a port (and a host), or the path of a socket.
import http from 'node:http';

const { APP, HOST, PORT, SOCKET, VALUE, NODE_APP_INSTANCE: slot } = process.env;
const me = JSON.stringify({ app: APP, value: VALUE, args: process.argv.slice(2), slot, pid: process.pid });
const server = http.createServer((request, response) => response.end(me));
if (SOCKET) server.listen(SOCKET);
else if (HOST) server.listen(Number(PORT), HOST);
else server.listen(Number(PORT));
