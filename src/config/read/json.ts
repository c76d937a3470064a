/** JSON is YAML, but for comments and for tabs that indent. Both become spaces, so that every offset stays. */

/** Whether a file is meant as JSON. */
export function isJson(text: string, file: string): boolean {
  return /\.json[c5]?$/i.test(file) || /^\s*(?:\{|\/\/|\/\*)/.test(text);
}

/** `text` with comments and tabs outside of strings turned into spaces. */
export function blankComments(text: string): string {
  if (!/\t|\/[/*]/.test(text)) return text;
  // A string, a comment that begins where a token could (so not the // of http://), or a tab.
  const tokens =
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=^|[\s,:{}[\]"'\d])\/\/[^\n]*|\/\*[\s\S]*?\*\/|\t/gm;
  return text.replace(tokens, (token, offset: number) => {
    if (token.startsWith('"') || token.startsWith("'")) return token;
    if (token.startsWith('//') && /[\w"']:$/.test(text.slice(Math.max(0, offset - 2), offset))) return token;
    return token.replace(/[^\n\r]/g, ' ');
  });
}
