/** What this process runs of, as it is on disk now: an upgrade may have replaced or removed it since the start. */
import { fileURLToPath } from 'node:url';
import { contentStampAt } from '../files/stamp.ts';
import type { OnDisk } from '../model/state.ts';

type Change = 'gone' | 'replaced';

/** @returns asks; null where all is as it was */
export function onDisk(
  node: string = process.execPath,
  clusterUp: string = fileURLToPath(import.meta.url),
): () => OnDisk | null {
  const [ofNode, ofUs] = [changeOf(node), changeOf(clusterUp)];
  return () => {
    const [nodeChange, ourChange] = [ofNode(), ofUs()];
    if (nodeChange === null && ourChange === null) return null;
    return {
      ...(nodeChange === null ? {} : { node: { path: node, version: process.version, is: nodeChange } }),
      ...(ourChange === null ? {} : { clusterUp: { is: ourChange } }),
    };
  };
}

function changeOf(file: string): () => Change | null {
  const first = contentStampAt(file);
  return () => {
    const now = contentStampAt(file);
    if (now === first || now === undefined || first === undefined) return null;
    return now === null ? 'gone' : 'replaced';
  };
}
