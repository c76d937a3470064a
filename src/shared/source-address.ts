/** Addresses that code comes from: which of them are paths, and what of them may be shown. */
import { MASK } from './mask.ts';

/** As git has it: with a colon before its first slash it is an address, or the name of a host. */
export function isPath(address: string): boolean {
  return !/^[^/]*:/.test(address);
}

/** Whether a `ref` is a whole commit, which no repository can move. */
export function isCommit(ref: string | null): boolean {
  return /^[\da-f]{40}$/i.test(ref ?? '');
}

/** Whoever is named before the host, up to the last `@` before its path. */
const WHO = /^([a-z][a-z\d+.-]*:\/\/|)([^\s/]+)@/i;

/** The address without what only those may know who are let in; the user of ssh is none of it. */
export function maskAddress(address: string): string {
  if (isPath(address)) return address;
  const shown = address.replace(WHO, (all, scheme: string, who: string) => {
    const isSsh = /^(ssh:\/\/|git\+ssh:\/\/|)$/i.test(scheme);
    return isSsh && !who.includes(':') ? all : `${scheme}${MASK}@`;
  });
  return shown.replace(/\?.*$/s, `?${MASK}`);
}

/** A text about the address, such as what git says, without what is secret in it. */
export function maskAddressIn(text: string, address: string): string {
  const shown = maskAddress(address);
  if (shown === address) return text;
  const who = WHO.exec(address)?.[2] ?? '';
  const [user = '', ...password] = who.split(':');
  const query = /\?(.*)$/s.exec(address)?.[1] ?? '';
  const secrets = [who, password.join(':') || user, query].flatMap((secret) => [secret, decoded(secret)]);
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .reduce((masked, secret) => masked.replaceAll(secret, MASK), text.replaceAll(address, shown));
}

/** What is shorter is part of too many words, and known to nobody by itself. */
const SHORTEST = 3;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
