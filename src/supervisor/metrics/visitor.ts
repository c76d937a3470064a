/**
 * Who may read the page of metrics in a browser: nobody but a person who opened it. A page of somebody else's, whose name
 * was made to lead to this address (DNS rebinding), sends its own name as Host; one that asks across sites has an Origin.
 */
import { isIP } from 'node:net';
import os from 'node:os';

export interface Headers {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

/** Endings of names that nobody can register, so that no stranger's page has one (RFC 6761, RFC 6762, RFC 8375, ICANN). */
const PRIVATE = /\.(localhost|local|internal|localdomain|home\.arpa|cluster\.local)$/;

/**
 * Why a request is not answered, in one sentence; null if it is.
 *
 * @param configured `metrics.host`, which is answered to whatever it is
 */
export function refusalOf(
  { host, origin }: Headers,
  configured: string,
  ownName: string = os.hostname(),
): string | null {
  const name = nameOf(host ?? '');
  const own = [configured, ownName, 'localhost'].map((known) => known.toLowerCase());
  // A name without a dot is one of this network: a service of compose or Kubernetes, a machine of the hosts file.
  const isLocal = isIP(name) !== 0 || own.includes(name) || PRIVATE.test(name) || /^[a-z\d_-]+$/.test(name);
  if (!isLocal) {
    return 'Not under this name: ask for the address itself, or set `metrics.host` to the name.';
  }
  if (origin === undefined) return null;
  const from = URL.canParse(origin) ? new URL(origin).host : null;
  return from === host?.toLowerCase() ? null : 'Not for pages of other sites.';
}

/** Of `name:port`, in lower case, without the brackets of IPv6 and the dot that may end a name. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
