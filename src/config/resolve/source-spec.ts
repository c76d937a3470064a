/** Where an app's code comes from: from `source` to its SourceSpec. */
import type { SourceOrigin, SourceSpec } from '../../model/source.ts';
import type { ProcessUser } from '../../model/user.ts';
import { isCommit, isPath } from '../../shared/source-address.ts';
import { milliseconds } from '../../shared/units.ts';
import { absolute } from '../read/home-path.ts';
import { descend } from '../read/nodes.ts';
import { spanIn, type AppContext } from './context.ts';

type Written = NonNullable<AppContext['app']['source']>;
type Kind = SourceOrigin['kind'];

const KINDS: readonly Kind[] = ['git', 'archive', 'folder'];
/** Keys that only one kind has. */
const OWN: readonly (readonly [key: 'ref' | 'poll' | 'sha256', of: Kind])[] = [
  ['ref', 'git'],
  ['poll', 'git'],
  ['sha256', 'archive'],
];
/** More often, it would be a load for whoever is asked. */
const SHORTEST_POLL = 1000;

/** Null where it is none, which has been reported. */
export function readSource(context: AppContext, user: ProcessUser | null): SourceSpec | null {
  const written = context.app.source;
  if (written === undefined) return null;
  const origin = readOrigin(context, written);
  if (origin === null) return null;
  const poll = milliseconds(written.poll ?? 0);
  if (poll > 0 && origin.kind === 'git' && isCommit(origin.ref)) {
    const message = '`source.poll` has no effect: a commit does not move.';
    context.problems.add(
      'CU1513',
      spanIn(context, 'source', 'poll'),
      message,
      'Name a branch, or remove it.',
    );
  }
  return {
    origin,
    build: [written.build ?? []].flat(),
    buildTimeout: milliseconds(written.build_timeout ?? '10m'),
    poll: poll === 0 ? null : Math.max(SHORTEST_POLL, poll),
    keep: written.keep ?? 5,
    user,
  };
}

function readOrigin(context: AppContext, written: Written): SourceOrigin | null {
  const { options, problems } = context;
  const kinds = KINDS.filter((kind) => written[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const named = kinds.map((one) => `\`${one}\``).join(' and ');
    const message = kind === undefined ? '`source` names no origin.' : `\`source\` names ${named}.`;
    const hint = 'Write one of `git`, `archive` and `folder`.';
    problems.add('CU1801', spanIn(context, 'source'), message, hint);
    return null;
  }
  for (const [key, of] of OWN) {
    if (written[key] === undefined || of === kind) continue;
    const message = `\`source.${key}\` is for \`${of}\`, and this source is \`${kind}\`.`;
    problems.add('CU1803', spanIn(context, 'source', key), message, 'Remove it.');
  }
  const address = written[kind] ?? '';
  if (kind === 'git') return { kind, address: gitAddress(context, address), ref: readRef(context, written) };
  // What is relative has been made absolute where it was read; what is left may begin at home.
  if (kind === 'folder') return { kind, path: absolute('/', address, options) };
  if (written.sha256 === undefined) {
    const message = '`source.archive` is given without its `sha256`.';
    const hint = 'Add `sha256:` with what `sha256sum` prints of the file.';
    problems.add('CU1802', spanIn(context, 'source', 'archive'), message, hint);
    return null;
  }
  return {
    kind,
    address: isPath(address) ? absolute('/', address, options) : address,
    sha256: written.sha256.toLowerCase(),
  };
}

function gitAddress({ options }: AppContext, address: string): string {
  if (address.startsWith('~/')) return absolute('/', address, options);
  // Git would take `file` for the name of a host.
  return address.replace(/^file:\/(?!\/)/i, 'file:///');
}

/** As it is written: nobody means 1.1 by `1.10`. */
function readRef({ mapping }: AppContext, { ref }: Written): string | null {
  if (ref === undefined) return null;
  const { node } = descend(mapping, ['source', 'ref']);
  return node.kind === 'scalar' ? node.source : null;
}
