/** Dates in the tokens of Day.js and Moment, which PM2's `log_date_format` is made of. In local time, in English. */

type Token = (date: Date) => string;

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
const name = (options: Intl.DateTimeFormatOptions): Token => {
  const format = new Intl.DateTimeFormat('en', options);
  return (date) => format.format(date);
};
const twelve = (date: Date): number => date.getHours() % 12 || 12;

function offset(date: Date, between: string): string {
  const minutes = -date.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${pad(hours)}${between}${pad(rest)}`;
}

const TOKENS: Readonly<Record<string, Token>> = {
  YYYY: (date) => pad(date.getFullYear(), 4),
  YY: (date) => pad(date.getFullYear() % 100),
  MMMM: name({ month: 'long' }),
  MMM: name({ month: 'short' }),
  MM: (date) => pad(date.getMonth() + 1),
  M: (date) => String(date.getMonth() + 1),
  DD: (date) => pad(date.getDate()),
  D: (date) => String(date.getDate()),
  dddd: name({ weekday: 'long' }),
  ddd: name({ weekday: 'short' }),
  HH: (date) => pad(date.getHours()),
  H: (date) => String(date.getHours()),
  hh: (date) => pad(twelve(date)),
  h: (date) => String(twelve(date)),
  A: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  a: (date) => (date.getHours() < 12 ? 'am' : 'pm'),
  mm: (date) => pad(date.getMinutes()),
  m: (date) => String(date.getMinutes()),
  ss: (date) => pad(date.getSeconds()),
  s: (date) => String(date.getSeconds()),
  SSS: (date) => pad(date.getMilliseconds(), 3),
  ZZ: (date) => offset(date, ''),
  Z: (date) => offset(date, ':'),
};

/** Text in brackets stands for itself; of the tokens the longest that fits is meant. */
const PATTERN = new RegExp(`\\[([^\\]]*)\\]|${Object.keys(TOKENS).join('|')}`, 'g');

export function formatDate(ms: number, format: string): string {
  const date = new Date(ms);
  return format.replaceAll(
    PATTERN,
    (token, literal: string | undefined) => literal ?? TOKENS[token]?.(date) ?? token,
  );
}
