/** Words as a shell reads them, with quotes and backslashes; nothing is expanded. */

/** One word, with quotes where it needs them. */
export function quotedWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The words of a line, or null where a quote is not closed. */
export function splitWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let word = '';
  // An empty word counts only if quotes wrote it.
  let begun = false;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    const next = line.charAt(i + 1);
    const escapes = quote === null ? next !== '' : quote === '"' && /["\\$`]/.test(next);
    if (char === '\\' && escapes) {
      [word, begun, i] = [word + next, true, i + 1];
    } else if (quote !== null) {
      if (char === quote) quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      [quote, begun] = [char, true];
    } else if (!/\s/.test(char)) {
      [word, begun] = [word + char, true];
    } else if (begun) {
      words.push(word);
      [word, begun] = ['', false];
    }
  }
  if (quote !== null) return null;
  return begun ? [...words, word] : words;
}
