/** Temporary files of one file of tests: supervisors that were started by another one are not seen. */
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { slot } from './slot.ts';

const folder = path.join(os.tmpdir(), `beside-${slot}`);
// Apps that run as another user have their files in it.
mkdirSync(folder, { recursive: true, mode: 0o711 });
process.env['TMPDIR'] = folder;
