/** What is to be said about a file, on stderr. */
import type { Loaded } from '../config/load-ecosystem.ts';
import { reportText } from './report-text.ts';
import { wantsColor } from './style.ts';

export function printDiagnostics({ diagnostics, text, texts }: Loaded): void {
  if (diagnostics.length > 0) {
    process.stderr.write(reportText(diagnostics, text, { texts, color: wantsColor(process.stderr) }));
  }
}
