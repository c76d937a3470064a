/** The same file in YAML's own style. */
import { isCollection, isScalar, visit } from 'yaml';
import { Problems } from '../diagnostics/problems.ts';
import { parseYaml } from '../read/syntax.ts';

/** Turns JSON into blocks without needless quotes; null where the text cannot be read. Comments of JSON are lost. */
export function asYaml(text: string, file: string): string | null {
  const document = parseYaml(text, file, new Problems(file, text));
  if (document === null) return null;
  visit(document, (_key, node) => {
    if (isCollection(node)) node.flow = false;
    else if (isScalar(node)) delete node.type;
  });
  return document.toString({ lineWidth: 0 });
}
