/** The users and groups of this machine. */
import { readFileSync } from 'node:fs';
import { childProcess } from '../../shared/lazy.ts';
import type { Accounts } from '../read/options.ts';

/** passwd(5): name, password, uid, gid, comment, home, shell. group(5): name, password, gid, members. */
export const accounts: Accounts = {
  user(wanted) {
    const fields = find('passwd', wanted, (name, uid) => name === wanted || uid === wanted);
    if (fields === null) return null;
    const [name = '', , uid, gid, , home = '/'] = fields;
    return { name, uid: Number(uid), gid: Number(gid), home };
  },
  group(wanted) {
    const fields = find('group', wanted, (name) => name === wanted);
    return fields === null ? null : Number(fields[2]);
  },
};

/** The fields of an entry: of the file, else of whatever directory service the system asks besides. */
function find(
  database: 'passwd' | 'group',
  wanted: string,
  isIt: (name: string, id: string) => boolean,
): string[] | null {
  const rows = (text: string): string[][] => text.split('\n').map((line) => line.split(':'));
  const local = rows(read(`/etc/${database}`)).find(([name = '', , id = '']) => isIt(name, id));
  if (local !== undefined) return local;
  const { status, stdout } = childProcess().spawnSync('getent', [database, wanted], {
    encoding: 'utf8',
    timeout: 5000,
  });
  return status === 0 ? (rows(stdout)[0] ?? null) : null;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
