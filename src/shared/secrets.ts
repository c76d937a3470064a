/** What looks like a secret, by its name or by its form. What is shown of one is never more than where it stands. */

/** Names of variables that hold secrets. */
const NAMES =
  /(^|_)(password|passwd|passphrase|pwd|pass|secret|secrets|token|api_?key|apikey|private_?key|secret_?key|access_?key|auth_?key|encryption_?key|signing_?key|credentials?|salt)(_|\d*$)/i;

/** Names that only look so: where a secret is, how it is used, or what everyone may know. */
const HARMLESS =
  /(_|^)(file|path|dir|url|uri|host|name|ttl|expiry|expires(_in)?|expiration|length|size|type|algorithm|issuer|audience|limit|id|enabled|header|public|address|contract|symbol|decimals|mint)$|^(public|next_public|vite|react_app)_/i;

/** Forms that providers give their secrets. */
const FORMS: readonly RegExp[] = [
  /^(AKIA|ASIA)[A-Z0-9]{16}$/,
  /^gh[opsur]_[A-Za-z0-9]{30,}$/,
  /^github_pat_\w{30,}$/,
  /^glpat-[\w-]{20,}$/,
  /^(sk|rk)_(live|test)_[A-Za-z0-9]{16,}$/,
  /^sk-[\w-]{20,}$/,
  /^xox[abprs]-[\w-]{10,}$/,
  /^AIza[\w-]{30,}$/,
  /^npm_[A-Za-z0-9]{30,}$/,
  /^SG\.[\w-]{16,}\.[\w-]{16,}$/,
  /^ey[\w-]{10,}\.ey[\w-]{10,}\.[\w-]+$/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

/** No form above is shorter: most values need not be held against each of them. */
const SHORTEST_FORM = 15;

/** A password in an address: `postgres://user:password@host`. */
const IN_ADDRESS = /^[a-z][\w+.-]*:\/\/[^\s/:@]*:(?!(password|pass|pwd|secret|\*+|x+)@)[^\s/@]{3,}@/i;

const PLACEHOLDER =
  /^(true|false|yes|no|none|null|undefined|\d{1,4}|x+|\*+|\.+|<.*>|\[.*\]|\{.*\}|(your|my|the|some|insert|put|enter|replace)[-_ ].*|change[-_ ]?(me|it|this).*|.*(example|placeholder|dummy|todo).*)$/i;

/** Random text of this length is hardly anything else than a secret. */
const LONG = 24;
const RANDOM = 4;

/** Whether a variable, an option or a key of this name holds a secret; `dbPassword` and `--db-password` do, too. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/^-+/, '')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/[-.]/g, '_');
  return NAMES.test(words) && !HARMLESS.test(words);
}

/** Whether a variable's value, as the app gets it, looks secret. */
export function looksSecret(name: string, value: string): boolean {
  const text = value.trim();
  if (text.length < 4) return false;
  if (hasForm(text)) return true;
  if (PLACEHOLDER.test(text) || HARMLESS.test(name)) return false;
  return isSecretName(name) ? !/^(\.{0,2}\/|[a-z]+:\/\/)/.test(text) : isRandom(text);
}

/** Whether a value has the form of a secret, whatever it is called. */
export function hasForm(text: string): boolean {
  const mayHaveForm = text.length >= SHORTEST_FORM;
  return (mayHaveForm && FORMS.some((form) => form.test(text))) || IN_ADDRESS.test(text);
}

/** Whether a text would be one, wherever it stood. */
export function isSecretText(text: string): boolean {
  return hasForm(text) || isRandom(text);
}

/** Letters, digits and little else, mixed so that no language would. */
function isRandom(text: string): boolean {
  if (text.length < LONG || !/^[A-Za-z0-9+/=_-]+$/.test(text)) return false;
  const mixed = /\d/.test(text) && /[a-z]/i.test(text) && !/[/_-].*[/_-].*[/_-]/.test(text);
  return mixed && (entropy(text) >= RANDOM || /^[0-9a-f]{32,}$/i.test(text));
}

/** Bits per character (Shannon). */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
}
