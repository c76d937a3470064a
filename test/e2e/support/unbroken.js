/** What the files that are preloaded to break a supervisor have in common. */

/** In workers and other commands nothing is broken. */
export const isSupervisor = /cli\/main\.js$/.test(process.argv[1] ?? '') && process.env.BREAK !== undefined;

/** Asks `isBroken`, of which no call is broken itself: what looks at the file, and writes down what was tried. */
export function unbroken(isBroken) {
  let isAsking = false;
  return (name) => {
    if (isAsking) return false;
    isAsking = true;
    try {
      return isBroken(name);
    } finally {
      isAsking = false;
    }
  };
}
