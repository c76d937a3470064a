/** `validate --print-config`: the files as they are understood. */
import { printConfig } from '../config/write/print-config.ts';
import { displayPath } from './report-files.ts';
import type { Checked } from './validate.ts';

/** One YAML document for each file and environment; those with errors are left out. */
export function printConfigs(checked: readonly Checked[], cwd: string): string {
  return checked
    .flatMap(({ file, loads }) =>
      loads.flatMap(({ env, loaded }) => {
        if (loaded.desired === null) return [];
        const under = env === undefined ? '' : ` under --env ${env}`;
        return [`# ${displayPath(file, cwd)}${under}\n${printConfig(loaded.checked)}`];
      }),
    )
    .join('---\n');
}
