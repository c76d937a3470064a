/**
 * Both ends of a connection that exists in memory alone: no port, no descriptor, nothing that would keep a process
 * alive. The far end is what a server takes for the socket of a client on this machine.
 */
import net from 'node:net';
import { Duplex } from 'node:stream';

export const LOOPBACK = '127.0.0.1';

/** `net.Socket` for the sake of whoever asks with `instanceof`, or calls `setTimeout` or `setNoDelay`. */
class FarEnd extends net.Socket {
  readonly #near: Duplex;

  constructor(near: Duplex, server: net.Server, protocol: string | null) {
    super({ allowHalfOpen: true });
    this.#near = near;
    const value = (value: unknown): PropertyDescriptor => ({ value, writable: true, configurable: true });
    Object.defineProperties(this, {
      remoteAddress: value(LOOPBACK),
      remoteFamily: value('IPv4'),
      // As of a client that has gone already: there is no port.
      remotePort: value(0),
      localAddress: value(LOOPBACK),
      localPort: value(portOf(server) ?? 0),
      // As Node sets it on the sockets of TLS servers.
      server: value(server),
    });
    if (protocol !== null) {
      // What apps ask of a TLS connection. The client has no certificate.
      Object.defineProperties(this, {
        encrypted: value(true),
        authorized: value(false),
        alpnProtocol: value(protocol),
        servername: value(false),
        getPeerCertificate: value(() => ({})),
        getProtocol: value(() => 'TLSv1.3'),
        getCipher: value(() => ({ name: 'TLS_AES_256_GCM_SHA384', version: 'TLSv1.3' })),
        isSessionReused: value(() => false),
      });
    }
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#near.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    process.nextTick(done);
  }

  override _final(done: () => void): void {
    this.#near.push(null);
    done();
  }
}
// Without it chunks come one by one, which is all that is needed.
Object.defineProperty(FarEnd.prototype, '_writev', { value: null });

/** @param protocol that TLS would have agreed on; null is no TLS. */
export function connectionTo(
  server: net.Server,
  protocol: 'http/1.1' | 'h2' | null,
): { near: Duplex; far: net.Socket } {
  const near = new Duplex({
    allowHalfOpen: true,
    read() {},
    write(chunk, _encoding, done) {
      far.push(chunk);
      process.nextTick(done);
    },
    final(done) {
      far.push(null);
      done();
    },
  });
  const far = new FarEnd(near, server, protocol);
  near.on('close', () => far.destroy());
  far.on('close', () => near.destroy());
  near.on('error', () => {});
  return { near, far };
}

/** The port that a server listens on; null for a unix socket. */
export function portOf(server: net.Server): number | null {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : null;
}
