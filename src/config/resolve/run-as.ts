/** Whom an app runs as. */
import type { ProcessUser } from '../../model/user.ts';
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';
import type { Account } from '../read/options.ts';

export interface Identity {
  readonly user: ProcessUser | null;
  /** What goes with the user, unless the file sets it. */
  readonly env: Readonly<Record<string, string>>;
}

const OWN: Identity = { user: null, env: {} };

/** `uid` and `gid` as numbers. A user without a group gets its primary one, as at a login. */
export function readIdentity(context: AppContext): Identity {
  const { app, options } = context;
  const wanted = { uid: text(app.uid), gid: text(app.gid) };
  if (wanted.uid === null && wanted.gid === null) return OWN;
  const account = wanted.uid === null ? null : (options.accounts?.user(wanted.uid) ?? null);
  const uid = wanted.uid === null ? null : (account?.uid ?? numberOf(wanted.uid));
  const named = wanted.gid === null ? null : (options.accounts?.group(wanted.gid) ?? numberOf(wanted.gid));
  if (options.accounts !== undefined) {
    if (wanted.uid !== null && uid === null) return unknown(context, 'uid', wanted.uid);
    if (wanted.gid !== null && named === null) return unknown(context, 'gid', wanted.gid);
    if (wanted.gid === null && account === null) return groupless(context, wanted.uid ?? '');
  }
  const isRoot = options.uid === undefined || options.uid === 0;
  if (!isRoot) {
    // Nothing changes for whoever is that user already.
    if (wanted.gid === null && uid === options.uid) return OWN;
    return refused(context, wanted.uid !== null && uid !== options.uid ? 'uid' : 'gid');
  }
  return { user: { uid, gid: named ?? account?.gid ?? null }, env: variables(account) };
}

function variables(account: Account | null): Readonly<Record<string, string>> {
  return account === null ? {} : { HOME: account.home, USER: account.name, LOGNAME: account.name };
}

function text(value: string | number | undefined): string | null {
  return value === undefined ? null : String(value).trim();
}

function numberOf(value: string): number | null {
  return /^\d{1,9}$/.test(value) ? Number(value) : null;
}

function refused({ problems, options, ...context }: AppContext, key: 'uid' | 'gid'): Identity {
  const message = `\`${key}\` asks for another ${key === 'uid' ? 'user' : 'group'}, and only root may become one.`;
  const span = spanIn({ problems, options, ...context }, key);
  problems.add('CU1609', span, message, 'Start cluster-up as root, or remove it.', options.missingScript);
  return OWN;
}

function unknown({ problems, options, ...context }: AppContext, key: 'uid' | 'gid', name: string): Identity {
  const message = `There is no ${key === 'uid' ? 'user' : 'group'} \`${name}\` on this machine.`;
  const span = spanIn({ problems, options, ...context }, key);
  problems.add('CU1610', span, message, 'Create it, or write its number.', options.missingScript);
  return OWN;
}

function groupless({ problems, options, ...context }: AppContext, uid: string): Identity {
  const message = `Nothing is known of the user \`${uid}\`, so its group is not known either.`;
  const span = spanIn({ problems, options, ...context }, 'uid');
  problems.add('CU1610', span, message, 'Write the `gid` as well.', options.missingScript);
  return OWN;
}
